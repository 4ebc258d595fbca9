import io

import httpx
import pytest

from dem import alerts
from dem.alerts.messages import compose
from dem.alerts.receiver import Receiver


def operator_message(event):
    return next(iter(compose(event())))


def test_console__message__prints_recipient_and_text(event, capsys):
    alerts.Console().send(operator_message(event), "key")
    assert capsys.readouterr().out.startswith("[critical] operator: short circuit A-ground at bus 671")


def test_console__stream_given__prints_there(event, capsys):
    stream = io.StringIO()
    alerts.Console(stream).send(operator_message(event), "key")
    assert "bus 671" in stream.getvalue()
    assert capsys.readouterr().out == ""


def test_webhook__message__is_posted_with_key_and_token(event, receiver):
    alerts.Webhook(receiver.url, token="s3cr3t-token").send(operator_message(event), "the-key")
    (request,) = receiver.requests
    assert request.path == "/webhook/dem-alert"
    assert request.headers["Idempotency-Key"] == "the-key"
    assert request.headers["Authorization"] == "Bearer s3cr3t-token"
    assert request.payload["key"] == "the-key"
    assert request.payload["schema"] == "dem.alert/1"


@pytest.mark.parametrize("status", [302, 400, 404, 500])
def test_webhook__answer_is_no_2xx__is_no_delivery(event, status):
    with Receiver((status,)) as receiver, pytest.raises(alerts.DeliveryError, match=str(status)):
        alerts.Webhook(receiver.url).send(operator_message(event), "key")


def test_webhook__receiver_asks_to_wait__says_how_long(event):
    with Receiver((429,)) as receiver, pytest.raises(alerts.DeliveryError) as caught:
        alerts.Webhook(receiver.url).send(operator_message(event), "key")
    assert caught.value.retry_after_s == 2.0


def test_delivery__receiver_asks_to_wait__is_left_alone_so_long(event, outbox, clock):
    with Receiver((429,)) as receiver:
        service = alerts.Alerts(outbox, [alerts.Route(alerts.Webhook(receiver.url))], clock=clock)
        service.publish(event(homes=()))
        service.deliver_due()
        clock.now += 1.9
        assert service.deliver_due() == 0
        clock.now += 0.2
        assert service.deliver_due() == 1


def test_webhook__nobody_listens__is_no_delivery(event):
    with Receiver() as receiver:
        url = receiver.url
    with pytest.raises(alerts.DeliveryError, match="ConnectError"):
        alerts.Webhook(url).send(operator_message(event), "key")


@pytest.mark.parametrize("url", ["", "n8n.example/webhook", "ftp://host/x", "http://", "http://[::1"])
def test_webhook__no_http_address__is_refused(url):
    with pytest.raises(ValueError, match="http://"):
        alerts.Webhook(url)


def test_apprise__json_address__delivers_title_and_body(event, receiver):
    address = httpx.URL(receiver.url)
    alerts.AppriseTarget(f"json://127.0.0.1:{address.port}/alerts").send(operator_message(event), "key")
    (request,) = receiver.requests
    assert request.payload["title"] == "short circuit A-ground at bus 671"
    assert "h1, h2" in request.payload["message"]
    assert request.payload["type"] == "failure"


def test_apprise__receiver_refuses__is_no_delivery(event):
    with Receiver((500,)) as receiver, pytest.raises(alerts.DeliveryError):
        alerts.AppriseTarget(f"json://127.0.0.1:{httpx.URL(receiver.url).port}").send(operator_message(event), "key")

"""No token in logs, exceptions or representations, whatever the log level and however sending fails."""

import logging
import traceback

import httpx
import pytest
from apprise.plugins.telegram import NotifyTelegram

from dem import alerts
from dem.alerts.messages import compose
from dem.alerts.receiver import Receiver

BOT = "7654321098:AAHn5Kq-sEcReTsEcReTsEcReTsEcReT_x9"
PARTS = (BOT, BOT.split(":")[1], BOT.replace(":", "%3A"))


@pytest.fixture
def everything_logged(caplog):
    for name in ("apprise", "httpx", "httpcore", "urllib3", "dem"):
        caplog.set_level(logging.DEBUG, logger=name)
    caplog.set_level(logging.DEBUG)
    return caplog


def written(caplog):
    formatter = logging.Formatter("%(name)s %(message)s")
    return "\n".join(formatter.format(record) for record in caplog.records)


def assert_hidden(text, secrets=PARTS):
    assert [secret for secret in secrets if secret in text] == []


def failure(target, event):
    with pytest.raises(alerts.DeliveryError) as caught:
        target.send(next(iter(compose(event()))), "key")
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("status", [200, 404])
def test_telegram__whatever_the_answer__logs_no_token(everything_logged, event, monkeypatch, status):
    with Receiver((status, status)) as receiver:
        monkeypatch.setattr(NotifyTelegram, "notify_url", receiver.url.replace("/webhook/dem-alert", "/bot"))
        target = alerts.AppriseTarget(f"tgram://{BOT}/42/")
        message = next(iter(compose(event())))
        try:
            target.send(message, "key")
        except alerts.DeliveryError as error:
            assert_hidden("".join(traceback.format_exception(error)))
        assert any(BOT in request.path for request in receiver.requests)  # the token did travel
    assert "urllib3.connectionpool" in written(everything_logged)  # and its way was logged
    assert_hidden(written(everything_logged) + repr(target))


def test_telegram__unreachable__logs_no_token(everything_logged, event, monkeypatch):
    with Receiver() as receiver:
        url = receiver.url
    monkeypatch.setattr(NotifyTelegram, "notify_url", url)
    assert_hidden(failure(alerts.AppriseTarget(f"tgram://{BOT}/42/"), event) + written(everything_logged))


@pytest.mark.parametrize("answers", [(), (500,)])
def test_webhook__path_query_and_bearer__are_not_logged(everything_logged, event, answers):
    secrets = ("pathsecret123", "querysecret123", "bearersecret123")
    with Receiver(answers) as receiver:
        url = receiver.url.replace("dem-alert", f"{secrets[0]}?key={secrets[1]}")
        target = alerts.Webhook(url, token=secrets[2])
        if answers:
            assert_hidden(failure(target, event), secrets)
        else:
            target.send(next(iter(compose(event()))), "key")
    assert "httpx" in written(everything_logged)
    assert_hidden(written(everything_logged) + repr(target), secrets)


def test_webhook__unreachable__keeps_its_secret_in_log_and_outbox(everything_logged, event, outbox):
    with Receiver() as receiver:
        url = receiver.url.replace("dem-alert", "pathsecret123")
    service = alerts.Alerts(outbox, [alerts.Route(alerts.Webhook(url))])
    service.publish(event(homes=()))
    assert service.deliver_due() == 0
    assert_hidden(written(everything_logged), ("pathsecret123",))
    assert b"pathsecret123" not in outbox.path.read_bytes()
    assert_hidden(outbox.table().to_string(), ("pathsecret123",))


def test_log_filter__exception_of_a_library__hides_secret_in_its_trace(everything_logged):
    alerts.Webhook("https://host.example/pathsecret123")
    try:
        raise httpx.ConnectError("no way to https://host.example/pathsecret123")
    except httpx.ConnectError:
        logging.getLogger("httpx").exception("failed")
    assert "no way to" in written(everything_logged)
    assert_hidden(written(everything_logged), ("pathsecret123",))

import threading
import time

import pytest

from dem import alerts


def test_publish__event__reaches_operator_and_homes(service, inbox, event):
    assert service.publish(event()) == 3
    assert service.deliver_due() == 3
    assert inbox.recipients == ["operator", "home:h1", "home:h2"]
    assert service.outbox.waiting() == {}


def test_publish__same_event_again__changes_nothing(service, inbox, event):
    service.publish(event())
    assert service.publish(event()) == 0
    assert service.deliver_due() == 3


def test_publish__same_trouble_within_quiet_time__is_told_once(service, event):
    assert service.publish(event()) == 3
    assert service.publish(event(9.9)) == 0
    assert service.publish(event(10.1)) == 3


def test_publish__same_trouble_spreads__tells_only_the_new_home(service, inbox, event):
    service.publish(event(homes=("h1",)))
    service.publish(event(1, homes=("h1", "h2")))
    service.deliver_due()
    assert inbox.recipients == ["operator", "home:h1", "home:h2"]


def test_publish__other_kind_or_place__is_told(service, event):
    service.publish(event())
    assert service.publish(event(place="bus 675")) == 3
    assert service.publish(event(kind="outage")) == 3


def test_delivery__critical_after_info__goes_first(service, inbox, event):
    service.publish(event(homes=(), kind="load step", severity="info"))
    service.publish(event(homes=()))
    service.deliver_due()
    assert [message.severity for _, message in inbox.received] == ["critical", "info"]


def test_delivery__target_fails__is_tried_again_after_doubling_waits(service, inbox, clock, event):
    inbox.failures = 3
    service.publish(event(homes=()))
    attempts = []
    for _ in range(100):
        failures = inbox.failures
        service.deliver_due()
        if inbox.failures < failures or inbox.received:
            attempts.append(clock.now - 1_000_000.0)
        if inbox.received:
            break
        clock.now += 0.25
    assert attempts == [0, 0.5, 1.5, 3.5]
    assert len(inbox.received) == 1


def test_backoff__many_failures__stays_at_its_longest():
    assert alerts.Backoff(1.0, 60.0).delay_s(1000) == 60.0


def test_delivery__one_target_fails__the_other_gets_its_message(outbox, inbox, clock, event):
    broken = type(inbox)("broken")
    broken.failures = 1
    service = alerts.Alerts(outbox, [alerts.Route(broken), alerts.Route(inbox)], clock=clock)
    service.publish(event(homes=()))
    assert service.deliver_due() == 1
    assert outbox.waiting() == {"broken": 1}
    assert outbox.table().set_index("target").at["broken", "last_error"] == "not now"


def test_delivery__target_raises_anything__message_stays(service, inbox, event):
    inbox.send = lambda message, key: 1 / 0
    service.publish(event(homes=()))
    assert service.deliver_due() == 0
    assert service.outbox.waiting() == {"inbox": 1}


def test_rate__storm_of_events__delays_the_surplus_of_each_recipient(outbox, inbox, clock, event):
    service = alerts.Alerts(outbox, [alerts.Route(inbox)], rate=alerts.Rate(2, 60.0), clock=clock)
    for number in range(5):
        service.publish(event(place=f"bus {number}", homes=("h1",)))
    assert service.deliver_due() == 4
    clock.now += 59.0
    assert service.deliver_due() == 0
    clock.now += 2.0
    assert service.deliver_due() == 4
    clock.now += 61.0
    assert service.deliver_due() == 2
    assert len(inbox.received) == 10


def test_routes__recipients_given__carry_only_theirs(outbox, inbox, clock, event):
    homes = type(inbox)("homes")
    routes = [alerts.Route(inbox, frozenset({"operator"})), alerts.Route(homes, frozenset({"home:h2"}))]
    service = alerts.Alerts(outbox, routes, clock=clock)
    service.publish(event())
    service.deliver_due()
    assert inbox.recipients == ["operator"]
    assert homes.recipients == ["home:h2"]


def test_alerts__two_targets_of_one_name__are_refused(outbox, inbox):
    with pytest.raises(ValueError, match="different names"):
        alerts.Alerts(outbox, [alerts.Route(inbox), alerts.Route(type(inbox)())])


def test_background__slow_target__does_not_hold_up_another(outbox, inbox, event):
    slow, release = type(inbox)("slow"), threading.Event()
    slow.send = lambda message, key: release.wait(120)
    with alerts.Alerts(outbox, [alerts.Route(slow), alerts.Route(inbox)]) as service:
        service.publish(event(homes=()))
        deadline = time.monotonic() + 60
        while not inbox.received and time.monotonic() < deadline:
            time.sleep(0.005)
        assert outbox.waiting() == {"slow": 1}
        release.set()
        assert service.wait(60)


def test_background__event_put_by_another_outbox_object__is_noticed(outbox, inbox, event, tmp_path):
    with alerts.Alerts(outbox, [alerts.Route(inbox)]) as service:
        other = alerts.Outbox(tmp_path / "outbox.sqlite")
        alerts.Alerts(other, service.routes).publish(event())
        assert service.wait(60)
        other.close()
    assert len(inbox.received) == 3


def test_background__somebody_delivers_already__is_refused(service, outbox):
    with service, pytest.raises(alerts.OutboxError, match="being delivered already"), service:
        pass
    service.deliver_due()  # and let go at the end

from datetime import datetime

import pytest

from dem.alerts.messages import check_backup_url, compose


def test_compose__event_with_two_homes__tells_operator_and_both(event):
    messages = list(compose(event(details="About 1.2 ohm.")))
    assert [message.recipient for message in messages] == ["operator", "home:h1", "home:h2"]
    assert "h1, h2" in messages[0].body
    assert "About 1.2 ohm." in messages[0].body


def test_compose__home__gets_link_to_buy_backup_energy(event):
    _, message = compose(event(homes=("a home/7",)), "https://vpp.example/buy/{home}?event={event}")
    assert message.link == f"https://vpp.example/buy/a%20home%2F7?event={event().id}"
    assert message.link in message.body


def test_compose__home_called_operator__is_not_taken_for_the_operator(event):
    operator, home = compose(event(homes=("operator",)))
    assert operator.recipient != home.recipient


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("https://vpp.example/buy", "must hold {home}"),
        ("https://vpp.example/{home}/{price}", "nothing else"),
        ("https://vpp.example/{home", "not a template"),
        ("javascript:{home}", "must start with http"),
    ],
)
def test_backup_url__unusable__is_refused_with_reason(template, reason):
    with pytest.raises(ValueError, match=reason):
        check_backup_url(template)


def test_event_id__same_kind_place_time__is_the_same(event):
    assert event().id == event(homes=()).id
    assert len({event().id, event(1).id, event(kind="outage").id, event(place="bus 675").id}) == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": " "}, "kind"),
        ({"place": ""}, "place"),
        ({"severity": "bad"}, "severity"),
        ({"homes": ("h1", "h1")}, "twice: h1"),
    ],
)
def test_event__unusable__is_refused_with_reason(event, changes, reason):
    with pytest.raises(ValueError, match=reason):
        event(**changes)


def test_event__time_without_zone__is_refused(event):
    from dem import alerts

    with pytest.raises(ValueError, match="time zone"):
        alerts.Event("outage", "bus 675", datetime(2026, 1, 1))

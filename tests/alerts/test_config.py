import pytest

from dem import alerts


def load(tmp_path, **settings):
    environment = {f"DEM_ALERTS_{name}": str(value) for name, value in settings.items()}
    environment.setdefault("DEM_ALERTS_OUTBOX", str(tmp_path / "outbox.sqlite"))
    return alerts.from_environment(environment | {"PATH": "/bin"})


def targets(service):
    return {route.target.name: route.recipients for route in service.routes}


def test_environment__nothing_set__prints_to_the_console(tmp_path, event, capsys):
    service = load(tmp_path)
    service.publish(event())
    service.deliver_due()
    assert "home:h2" in capsys.readouterr().out


def test_environment__everything_set__routes_each_recipient(tmp_path):
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("home,address\nh1,json://one.example\nh1,json://two.example\nh2,json://three.example\n")
    service = load(
        tmp_path,
        OPERATOR="json://a.example json://b.example",
        CONTACTS=contacts,
        WEBHOOK="http://n8n.example/webhook/x",
        WEBHOOK_TOKEN="token",
    )
    assert targets(service) == {
        "webhook": None,
        "operator-1": {"operator"},
        "operator-2": {"operator"},
        "home-h1-1": {"home:h1"},
        "home-h1-2": {"home:h1"},
        "home-h2-1": {"home:h2"},
    }


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"OPERATOR": "json://a.example tgrm://123456:SECRETTOKEN/42"}, r"OPERATOR, address 2: .*scheme tgrm"),
        ({"OPERATOR": "SECRETTOKEN"}, r"OPERATOR, address 1: .*no scheme"),
        ({"OPERATOR": "tgram://SECRETTOKEN/"}, "OPERATOR, address 1"),
        ({"CONTACTS": "/nowhere/contacts.csv"}, "CONTACTS .*/nowhere/contacts.csv.* cannot be read"),
        ({"WEBHOOK": "SECRETTOKEN"}, "WEBHOOK: .* http"),
        ({"WEBHOOK_TOKEN": "SECRETTOKEN"}, "WEBHOOK_TOKEN is set, but DEM_ALERTS_WEBHOOK"),
        ({"BACKUP_URL": "https://vpp.example"}, "BACKUP_URL: .* must hold {home}"),
        ({"OPERATORS": "SECRETTOKEN"}, "DEM_ALERTS_OPERATORS is not a setting"),
    ],
)
def test_environment__unusable__names_the_variable_and_no_secret(tmp_path, settings, reason):
    with pytest.raises(alerts.ConfigurationError, match=reason) as caught:
        load(tmp_path, **settings)
    assert "SECRETTOKEN" not in str(caught.value)


@pytest.mark.parametrize("rows", ["h1\n", "h1,\n", ",json://x.example\n", "h1,tgrm://SECRETTOKEN\n"])
def test_contacts__row_unusable__names_file_and_line(tmp_path, rows):
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("home,address\nh0,json://x.example\n" + rows)
    with pytest.raises(alerts.ConfigurationError, match=r"contacts\.csv\), line 3") as caught:
        load(tmp_path, CONTACTS=contacts)
    assert "SECRETTOKEN" not in str(caught.value)

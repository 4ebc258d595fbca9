"""A whole trade by clicking, in a real browser."""

import re
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field

import pytest
import uvicorn

from dem.app import web
from dem.app.service import Options, Service

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"needs a browser on the PATH: {', '.join(BROWSERS)}")
PATIENCE_MS = 60_000
PHONE = {"width": 390, "height": 844}


@dataclass
class Served:
    """The page on a port of this machine."""

    url: str
    operator: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def served(few_homes):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = Options(make_plant=lambda _: few_homes(), backup_url=f"{url}/backup?home={{home}}&event={{event}}")
    with Service(options) as service:
        server = uvicorn.Server(uvicorn.Config(web.build(service), port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield Served(url, service.keys.issue("operator"))
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, served):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    opened.on("request", lambda request: served.asked.append(request.url))
    yield opened
    context.close()


def see(page, mark, text):
    sync_api.expect(page.locator(mark)).to_contain_text(text, timeout=PATIENCE_MS)


def put(page, mark, value):
    page.locator(f"{mark} input, {mark} textarea").first.fill(str(value))


def go(page, tab):
    page.get_by_role("tab", name=tab, exact=True).click()


def become(page, key, home):
    put(page, "#key", key)
    if home:
        sync_api.expect(page.locator("#home textarea, #home input")).to_have_value(home, timeout=PATIENCE_MS)


def register(page, name):
    issued = page.locator("#issued textarea, #issued input")
    before = issued.input_value()
    put(page, "#home-name", name)
    page.locator("#register").click()
    see(page, "#homes", name)
    sync_api.expect(issued).not_to_have_value(before, timeout=PATIENCE_MS)
    return issued.input_value()


def order(page, side, price):
    go(page, "Orders")
    page.locator("#order-side").get_by_text(side, exact=True).click()
    put(page, "#order-price", price)
    page.locator("#place-order").click()
    see(page, "#orders", "open")


def test_page__whole_trade_by_clicking__is_settled_and_paid(page, served):
    page.goto(f"{served.url}/?key={served.operator}")
    page.locator("#deploy").click()
    see(page, "#contracts", "EnergyDoubleAuction")
    go(page, "Homes")
    keys = {name: register(page, name) for name in ("roof", "shop")}
    become(page, keys["roof"], "roof")
    order(page, "sell", 100)
    become(page, keys["shop"], "shop")
    order(page, "buy", 200)
    go(page, "Market")
    become(page, served.operator, "")
    page.locator("#clear").click()
    see(page, "#price", "150 EUR/MWh")
    see(page, "#trades", "open")
    page.locator("#settle").click()
    see(page, "#trades", "settled")
    become(page, keys["roof"], "roof")
    go(page, "Orders")
    page.locator("#withdraw").click()
    see(page, "body", "roof now has")
    go(page, "Contracts")
    see(page, "#gas", "settle")
    sync_api.expect(page.locator("#gas-plot img")).to_be_visible(timeout=PATIENCE_MS)


def test_alert__its_link__opens_the_filled_in_order(page, served):
    page.goto(f"{served.url}/?key={served.operator}")
    go(page, "Grid")
    see(page, "#grid-told", "Losses")
    page.locator("#report").click()
    see(page, "#alerts", "home:roof")
    page.goto(page.locator("#alerts a").first.get_attribute("href"))
    see(page, "#backup-note", "Backup energy for")
    sync_api.expect(page.locator("#home textarea, #home input")).to_have_value(re.compile("roof|shop"))
    sync_api.expect(page.locator("#order-energy input")).to_have_value("2000")


def test_page__on_a_phone__is_no_wider_than_it(page, served):
    page.set_viewport_size(PHONE)
    page.goto(f"{served.url}/?key={served.operator}")
    sync_api.expect(page.locator("#contracts")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    picture = page.locator("#gas-plot img").bounding_box()
    assert picture["x"] + picture["width"] <= PHONE["width"]


def test_page__asks__nobody_but_its_own_server(served):
    assert served.asked
    assert all(url.startswith((served.url, "data:", "blob:")) for url in served.asked)

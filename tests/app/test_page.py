"""A whole trade by clicking, in a real browser."""

import contextlib
import re
import shutil
import socket
import threading
import time
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from dem.app import web
from dem.app.service import Options, Service

sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"needs a browser on the PATH: {', '.join(BROWSERS)}")
PATIENCE_S = 240
PATIENCE_MS = 1_000 * PATIENCE_S
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Served:
    """The page on a port of this machine."""

    url: str
    operator: str


@contextlib.contextmanager
def serving(plant):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = Options(make_plant=lambda _: plant, backup_url=f"{url}/backup?home={{home}}&event={{event}}")
    with Service(options) as service:
        server = uvicorn.Server(uvicorn.Config(web.build(service), port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield Served(url, service.keys.issue("operator"))
        server.should_exit = True
        thread.join()


@pytest.fixture
def empty(few_homes):
    """Nothing is deployed yet."""
    with serving(few_homes()) as served:
        yield served


@pytest.fixture(scope="module")
def street(few_homes, party):
    """The contracts are deployed and two homes registered."""
    with serving(few_homes()) as served, httpx.Client(base_url=f"{served.url}/api", timeout=PATIENCE_S) as client:
        operator = party(client, served.operator)
        operator("POST", "/contracts", {}).raise_for_status()
        for name in ("roof", "shop"):
            operator("POST", "/homes", {"name": name, "collateral_eur": 50}).raise_for_status()
        yield served


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A server waits for its pages to close, so a test names its server before its page."""
    with browser.new_context(viewport=DESKTOP) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def enter(page, served):
    """Open the page by the operator's link, which fills in the key."""
    page.goto(f"{served.url}/?key={served.operator}")
    sync_api.expect(page.locator("#key input")).to_have_value(served.operator, timeout=PATIENCE_MS)


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


def test_page__whole_trade_by_clicking__is_settled_and_paid(empty, page):
    enter(page, empty)
    page.locator("#deploy").click()
    see(page, "#contracts", "EnergyDoubleAuction")
    go(page, "Homes")
    keys = {name: register(page, name) for name in ("roof", "shop")}
    become(page, keys["roof"], "roof")
    order(page, "sell", 100)
    become(page, keys["shop"], "shop")
    order(page, "buy", 200)
    go(page, "Market")
    become(page, empty.operator, "")
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


def test_tab__opened_before_the_key_is_filled_in__shows_when_it_is(street, page):
    page.goto(street.url)
    go(page, "Grid")
    see(page, "#grid-told", "Put in a key")
    put(page, "#key", street.operator)
    see(page, "#grid-told", "Losses")


def test_alert__its_link__opens_the_filled_in_order(street, page):
    enter(page, street)
    go(page, "Grid")
    see(page, "#grid-told", "Losses")
    page.locator("#report").click()
    see(page, "#alerts", "home:roof")
    page.goto(page.locator("#alerts a").first.get_attribute("href"))
    see(page, "#backup-note", "Backup energy for")
    sync_api.expect(page.locator("#home textarea, #home input")).to_have_value(re.compile("roof|shop"))
    sync_api.expect(page.locator("#order-energy input")).to_have_value("2000")


def test_page__on_a_phone__is_no_wider_than_it(street, page):
    page.set_viewport_size(PHONE)
    enter(page, street)
    picture = page.locator("#gas-plot img")
    sync_api.expect(picture).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = picture.bounding_box()
    assert box["x"] + box["width"] <= PHONE["width"]


def test_page__all_tabs__ask_nobody_but_their_own_server(street, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, street)
    for tab in page.get_by_role("tab").all():
        tab.click()
    assert asked
    assert all(url.startswith((street.url, "data:", "blob:")) for url in asked)

"""The API under ``/api`` and the page at ``/``, one web application over one service."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from gradio import mount_gradio_app

from dem.app import api, page
from dem.app.service import Service


def build(service: Service) -> FastAPI:
    """The application over an open service."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.mount("/api", api.build(service))

    @web.get("/backup")
    def backup(request: Request) -> RedirectResponse:
        """The link of an alert opens the page with the order filled in."""
        return RedirectResponse(f"/?{request.url.query}")

    return mount_gradio_app(
        web, page.build(service), path="/", theme=page.theme(), css=page.CSS, footer_links=[], ssr_mode=False
    )

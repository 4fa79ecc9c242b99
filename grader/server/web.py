"""The web application: API and pages of one class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from grader import __version__
from grader.classroom.pages import environment
from grader.report.as_page import STYLE
from grader.server import api, drawings, pages, people, staff
from grader.server.bulletin import Bulletin
from grader.server.classview import Reports
from grader.server.http import Guarded, says_errors
from grader.server.identity import Bounds, NotLoggedIn, bounds
from grader.server.office import Office

HERE = Path(__file__).resolve().parent


def application(office: Office, limits: Bounds | None = None) -> FastAPI:
    """The application; it judges nothing, a dispatcher does."""
    app = FastAPI(
        title="gradschool",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.office = office
    app.state.bounds = limits or bounds()
    app.state.bulletin = Bulletin(office.database)
    app.state.reports = Reports()
    app.state.drawings = drawings.Drawings()
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(drawings.router)
    app.include_router(staff.router)
    app.include_router(people.router)
    for name, text in _shared_styles().items():
        app.add_route(f"/static/{name}", _css(text), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    says_errors(app)

    @app.exception_handler(NotLoggedIn)
    async def log_in(request: Request, error: NotLoggedIn) -> Response:
        return RedirectResponse("/login", 303)

    app.add_middleware(Guarded)
    return app


def _shared_styles() -> dict[str, str]:
    """The styles of reports and class reports, which pages of ours show, too."""
    templates = environment()
    return {
        "base.css": templates.get_template("style.css.j2").render(),
        "class.css": templates.get_template("class_report.css.j2").render(),
        "report.css": STYLE,
    }


def _css(text: str) -> Callable[[Request], Response]:
    return lambda request: Response(text, media_type="text/css")

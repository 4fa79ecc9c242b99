"""The files that `grade class` writes, as one zip."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from sqlalchemy.orm import Session

from grader.classroom.outcomes import CanvasExport, write_results
from grader.server.classview import Reports, export_results
from grader.server.office import Office
from grader.server.settings import Opening


def export_zip(
    session: Session, office: Office, name: str, reports: Reports, canvas: bytes | None = None
) -> bytes:
    """Tables, reports, a page a student and the class report; with a gradebook, that filled in.

    Students' pages show what is disclosed after the deadline.  Raises CanvasError, UnknownName.
    """
    results = export_results(session, office, name, reports)
    stub = office.course.stub(results.chapter)
    released = stub.read_text(encoding="utf-8") if stub.is_file() else ""
    opening = office.settings.chapters.get(name, Opening())
    gradebook = CanvasExport(canvas) if canvas is not None else None
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / f"{name}-results"
        folder.mkdir()
        written = write_results(results, folder, opening.after, released, gradebook, secret=True)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in written.paths:
                archive.write(path, path.relative_to(place).as_posix())
            if written.notes:
                archive.writestr(f"{folder.name}/notes.txt", "\n".join(written.notes) + "\n")
    return out.getvalue()

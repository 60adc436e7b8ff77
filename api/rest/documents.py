"""Documents: upload, list, look at, delete."""

from dataclasses import dataclass
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from litestar.params import QueryParameter

from api.problems import AnyRequest
from api.rest.common import CollectionName, Cursor, DocumentId, Limit, problems, spec
from api.rest.upload import received
from api.schemas import Added, Document, Paged
from api.service import Service

TAGS = ["Documents"]

InCollection = Annotated[str | None, QueryParameter(description="Documents of this collection only.", max_length=255)]


@dataclass
class _UploadOperation(Operation):
    """Describes the body, which the handler reads as a stream and so does not declare."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            description="The document: a multipart form, or its bytes as they are.",
            content={
                "multipart/form-data": OpenAPIMediaType(schema=_form()),
                "application/octet-stream": OpenAPIMediaType(
                    schema=Schema(content_media_type="application/octet-stream")
                ),
            },
        )
        self.parameters = [
            *(self.parameters or []),
            _text("name", "query", "Name of the document; wins over the file name. For people: it need not be unique."),
            _text("replaces", "query", "Id of the document that this one takes the place of, once it has been read."),
            _text("Content-Disposition", "header", "Raw body: `attachment; filename*=UTF-8''report.pdf` (RFC 6266)."),
            _text("X-Document-Password", "header", "Raw body: the password of an encrypted document, percent-encoded."),
        ]


def _text(name: str, place: str, description: str) -> Parameter:
    return Parameter(name=name, param_in=place, description=description, schema=Schema(type=OpenAPIType.STRING))


def _form() -> Schema:
    text = {
        "name": "Name of the document, if it is not to be the file's.",
        "password": "Password of an encrypted document. It is neither stored nor logged.",
        "replaces": "Id of the document that this one takes the place of.",
    }
    return Schema(
        type=OpenAPIType.OBJECT,
        required=["file"],
        properties={
            "file": Schema(
                type=OpenAPIType.STRING, content_media_type="application/octet-stream", description="The document."
            ),
            **{name: Schema(type=OpenAPIType.STRING, description=words) for name, words in text.items()},
        },
    )


@post(
    "/v1/collections/{collection:str}/documents",
    status_code=202,
    request_max_body_size=None,  # counted while streaming, against limits.upload_bytes
    operation_class=_UploadOperation,
    tags=TAGS,
    operation_id="addDocument",
    summary="Add a document",
    description=(
        "Takes the document in and answers at once with the job that reads it; follow the job's events to see it "
        "done. The collection is made if it is not there. The same bytes are stored once: sent again, they give the "
        "document that is there already (200). Accepted is what PyMuPDF opens: PDF, EPUB, XPS, CBZ, MOBI, FB2, SVG, "
        "TXT and images."
    ),
    responses={200: spec(Added, "The same bytes were in the collection already."), **problems(404, 409, 413, 503)},
)
async def add_document(
    service: NamedDependency[Service], request: AnyRequest, collection: CollectionName
) -> Response[Added]:
    """Stream the upload to the service."""
    settings = service.settings
    async with received(request, settings.data, settings.limits.upload_bytes) as upload:
        added = await service.add(
            collection, upload.source, name=upload.name, password=upload.password, replaces=upload.replaces
        )
    headers = {"Location": f"/v1/documents/{added.document.id}"}
    return Response(added, status_code=202 if added.created else 200, headers=headers)


@get(
    "/v1/collections/{collection:str}/documents",
    tags=TAGS,
    operation_id="listDocumentsOfCollection",
    summary="List the documents of a collection",
    description="In the order of their arrival, in pages: pass `next` on as `cursor` until it is null.",
    responses=problems(404, 503),
)
async def list_documents_of_collection(
    service: NamedDependency[Service], collection: CollectionName, cursor: Cursor = None, limit: Limit = 50
) -> Paged[Document]:
    """One page of the list."""
    return await service.documents(collection, cursor=cursor, limit=limit)


@get(
    "/v1/documents",
    tags=TAGS,
    operation_id="listDocuments",
    summary="List documents",
    description="Of all collections or of one, in order of arrival. Pass `next` on as `cursor` until it is null.",
    responses=problems(404, 503),
)
async def list_documents(
    service: NamedDependency[Service],
    collection: InCollection = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[Document]:
    """One page of the list."""
    return await service.documents(collection, cursor=cursor, limit=limit)


@get(
    "/v1/documents/{document:str}",
    tags=TAGS,
    operation_id="getDocument",
    summary="Look at a document",
    description="What is known of the document, and how far it has been read.",
    responses=problems(404, 503),
)
async def get_document(service: NamedDependency[Service], document: DocumentId) -> Document:
    """One document."""
    return await service.document(document)


@delete(
    "/v1/documents/{document:str}",
    tags=TAGS,
    operation_id="deleteDocument",
    summary="Delete a document",
    description="Deletes its index entries, files and rows for good; a job that still reads it is cancelled.",
    responses=problems(404, 503),
)
async def delete_document(service: NamedDependency[Service], document: DocumentId) -> None:
    """Delete one."""
    await service.delete(document)


routes = [add_document, list_documents_of_collection, list_documents, get_document, delete_document]

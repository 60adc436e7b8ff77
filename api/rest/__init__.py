"""The REST routes, a file for each kind of resource. They only translate: all work is in `api.Service`."""

from api.rest import answers, collections, documents, health, indexes, jobs, pages, search

routes = [
    *collections.routes,
    *documents.routes,
    *pages.routes,
    *jobs.routes,
    *indexes.routes,
    *search.routes,
    *answers.routes,
    *health.routes,
]

__all__ = ["routes"]

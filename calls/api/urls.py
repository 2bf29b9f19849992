"""The addresses of the programming interface, below /api/."""

from django.urls import path, register_converter

from calls.whole_numbers import LARGEST_ID

from .figures import Figures, FiguresOfNow
from .views import CallDetail, CallList


class RowId:
    """A number that can be the id of a row: no database is asked for one that cannot."""

    regex = rf"[0-9]{{1,{len(str(LARGEST_ID))}}}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RowId, "row")

urlpatterns = [
    path("v1/figures/", Figures.as_view(), name="api_figures"),
    path("v1/figures/now/", FiguresOfNow.as_view(), name="api_figures_of_now"),
    path("calls/", CallList.as_view(), name="api_calls"),
    path("calls/<row:call>/", CallDetail.as_view(), name="api_call"),
]

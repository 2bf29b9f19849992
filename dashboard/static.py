"""Static files under names that hold their content's hash, so that browsers may keep them for ever."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    # Off by default in Django: without it a module's relative imports would keep names that change.
    support_js_module_import_aggregation = True

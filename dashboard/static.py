"""Static files under names that hold their content's hash, so that browsers may keep them for ever.

They are compressed once, at set-up: beside each stands the same one as `.gz`, and the server sends that to whoever
takes it (servestatic). A web server in front may do the same.
"""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    # Off by default in Django: without it a module's relative imports would keep names that change.
    support_js_module_import_aggregation = True

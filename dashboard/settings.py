"""Settings (first sketch)."""
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("CALLBOARD_DATA_DIR", BASE_DIR / "var"))
DATA_DIR.mkdir(exist_ok=True)
SECRET_KEY = "sketch"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["daphne", "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
  "django.contrib.messages", "django.contrib.staticfiles", "channels", "rest_framework", "calls"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
 "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
 "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware"]
ROOT_URLCONF = "dashboard.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"], "APP_DIRS": True,
  "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "callboard.sqlite3",
  "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 1.2, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"}}}
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
CALLBOARD_LOST_TRACK_SECONDS = {"ivr": 180, "dialing": 180, "ringing": 180, "talking": 7200}

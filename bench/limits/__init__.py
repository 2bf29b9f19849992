"""Raw limits: what servers, sockets and databases can do without any application."""

"""What tests stand on: an HTTP server on loopback, small wheels, an index shaped like the real one."""

"""What indexes publish: pages, files and metadata, fetched politely, cached, and named for what they are."""

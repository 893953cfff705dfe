SELECT count(*) FROM users WHERE display_name IS DISTINCT FROM nickname

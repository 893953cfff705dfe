INSERT INTO users (email) VALUES ('old@example.org');
SELECT id, email FROM users WHERE id = 1;

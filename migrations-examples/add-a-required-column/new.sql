INSERT INTO users (email, country) VALUES ('new@example.org', 'NZ');
SELECT id, email, country FROM users WHERE id = 1;

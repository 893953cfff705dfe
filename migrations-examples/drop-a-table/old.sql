SELECT user_id FROM legacy_sessions WHERE token = 'token 1';
SELECT name FROM users WHERE id = 1;

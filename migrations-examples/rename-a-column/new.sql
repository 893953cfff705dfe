INSERT INTO users (display_name) VALUES ('written by new code');
UPDATE users SET display_name = 'changed by new code' WHERE id = 2;
SELECT id, display_name FROM users WHERE id = 2;

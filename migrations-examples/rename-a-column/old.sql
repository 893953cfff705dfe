INSERT INTO users (nickname) VALUES ('written by old code');
UPDATE users SET nickname = 'changed by old code' WHERE id = 1;
SELECT id, nickname FROM users WHERE id = 1;

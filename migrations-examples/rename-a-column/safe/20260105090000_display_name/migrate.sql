-- It is cut into batches when it runs, and can be run again.
UPDATE users SET display_name = nickname WHERE display_name IS DISTINCT FROM nickname;

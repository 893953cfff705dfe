UPDATE payments SET amount_big = amount WHERE amount_big IS DISTINCT FROM amount;

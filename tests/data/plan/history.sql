CREATE TABLE public.users (id bigint PRIMARY KEY, email varchar(40) NOT NULL, name text);
CREATE TABLE public.orders (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES public.users (id),
    total numeric(10, 2)
);
CREATE INDEX orders_user_id_idx ON public.orders (user_id);
CREATE VIEW public.big_orders AS SELECT id, total FROM public.orders WHERE total > 100;

--
-- PostgreSQL database dump
--

\restrict PcmizZSKjbeACnLjdvxgxYFdODJUHJGKhG6ifAAvqNniEecKJTua1D6OpmY5caD

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: archive; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA archive;


ALTER SCHEMA archive OWNER TO postgres;

--
-- Name: address; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.address AS (
	street text,
	city text
);


ALTER TYPE public.address OWNER TO postgres;

--
-- Name: email_text; Type: DOMAIN; Schema: public; Owner: postgres
--

CREATE DOMAIN public.email_text AS text;


ALTER DOMAIN public.email_text OWNER TO postgres;

--
-- Name: mood; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE public.mood AS ENUM (
    'sad',
    'ok',
    'happy'
);


ALTER TYPE public.mood OWNER TO postgres;

--
-- Name: posint; Type: DOMAIN; Schema: public; Owner: postgres
--

CREATE DOMAIN public.posint AS integer
	CONSTRAINT posint_check CHECK ((VALUE > 0));


ALTER DOMAIN public.posint OWNER TO postgres;

--
-- Name: f_immutable(integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f_immutable(integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $_$SELECT $1 + 1$_$;


ALTER FUNCTION public.f_immutable(integer) OWNER TO postgres;

--
-- Name: f_stable(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f_stable() RETURNS integer
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN 7; END $$;


ALTER FUNCTION public.f_stable() OWNER TO postgres;

--
-- Name: f_volatile(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f_volatile() RETURNS integer
    LANGUAGE plpgsql
    AS $$ BEGIN RETURN 7; END $$;


ALTER FUNCTION public.f_volatile() OWNER TO postgres;

--
-- Name: touch(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RETURN NEW; END $$;


ALTER FUNCTION public.touch() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: users; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.users (
    id bigint NOT NULL,
    email character varying(255) NOT NULL,
    name text,
    nick character varying(30),
    age integer,
    status public.mood DEFAULT 'ok'::public.mood NOT NULL,
    contact public.email_text,
    balance numeric(10,2) DEFAULT 0,
    bio text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone,
    referrer_id bigint,
    CONSTRAINT users_age_check CHECK ((age >= 0))
);


ALTER TABLE public.users OWNER TO postgres;

--
-- Name: active_users; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.active_users AS
 SELECT users.id,
    users.email,
    users.name,
    users.status
   FROM public.users
  WHERE (users.status = 'happy'::public.mood);


ALTER TABLE public.active_users OWNER TO postgres;

--
-- Name: animals; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.animals (
    id integer NOT NULL,
    name text,
    legs integer
);


ALTER TABLE public.animals OWNER TO postgres;

--
-- Name: documents; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.documents (
    id bigint NOT NULL,
    title text,
    body text,
    title_len integer GENERATED ALWAYS AS (length(title)) STORED,
    seqno integer NOT NULL
);


ALTER TABLE public.documents OWNER TO postgres;

--
-- Name: documents_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.documents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.documents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: documents_seqno_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.documents_seqno_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.documents_seqno_seq OWNER TO postgres;

--
-- Name: documents_seqno_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.documents_seqno_seq OWNED BY public.documents.seqno;


--
-- Name: dogs; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.dogs (
    breed text
)
INHERITS (public.animals);


ALTER TABLE public.dogs OWNER TO postgres;

--
-- Name: events; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events (
    id bigint NOT NULL,
    happened_on date NOT NULL,
    kind text,
    payload jsonb,
    user_id bigint,
    amount integer
)
PARTITION BY RANGE (happened_on);


ALTER TABLE public.events OWNER TO postgres;

--
-- Name: events_2023; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2023 (
    id bigint NOT NULL,
    happened_on date NOT NULL,
    kind text,
    payload jsonb,
    user_id bigint,
    amount integer
);


ALTER TABLE public.events_2023 OWNER TO postgres;

--
-- Name: events_2024; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2024 (
    id bigint NOT NULL,
    happened_on date NOT NULL,
    kind text,
    payload jsonb,
    user_id bigint,
    amount integer
);


ALTER TABLE public.events_2024 OWNER TO postgres;

--
-- Name: items; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.items (
    id integer NOT NULL,
    sku character varying(20) NOT NULL,
    title text,
    price numeric(10,2),
    qty integer,
    flag boolean,
    tags text[],
    data jsonb,
    made_on date,
    note character varying(50),
    CONSTRAINT items_qty_check CHECK ((qty >= 0))
);


ALTER TABLE public.items OWNER TO postgres;

--
-- Name: logs; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.logs (
    id bigint NOT NULL,
    logged_on date NOT NULL,
    msg text
)
PARTITION BY RANGE (logged_on);


ALTER TABLE public.logs OWNER TO postgres;

--
-- Name: logs_2023; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.logs_2023 (
    id bigint NOT NULL,
    logged_on date NOT NULL,
    msg text
);


ALTER TABLE public.logs_2023 OWNER TO postgres;

--
-- Name: logs_default; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.logs_default (
    id bigint NOT NULL,
    logged_on date NOT NULL,
    msg text
);


ALTER TABLE public.logs_default OWNER TO postgres;

--
-- Name: nopk; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.nopk (
    a integer,
    b integer NOT NULL,
    c text,
    d text
);


ALTER TABLE public.nopk OWNER TO postgres;

--
-- Name: order_items; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.order_items (
    order_id bigint NOT NULL,
    line integer NOT NULL,
    qty integer
);


ALTER TABLE public.order_items OWNER TO postgres;

--
-- Name: orders; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.orders (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    reviewer_id bigint,
    amount numeric(10,2) NOT NULL,
    note text,
    status character varying(20) DEFAULT 'new'::character varying NOT NULL,
    quantity integer,
    placed_at timestamp without time zone NOT NULL
);


ALTER TABLE public.orders OWNER TO postgres;

--
-- Name: order_stats; Type: MATERIALIZED VIEW; Schema: public; Owner: postgres
--

CREATE MATERIALIZED VIEW public.order_stats AS
 SELECT orders.user_id,
    count(*) AS n,
    sum(orders.amount) AS total
   FROM public.orders
  GROUP BY orders.user_id
  WITH NO DATA;


ALTER TABLE public.order_stats OWNER TO postgres;

--
-- Name: order_totals; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.order_totals AS
 SELECT u.id AS user_id,
    u.name,
    sum(o.amount) AS total
   FROM (public.users u
     JOIN public.orders o ON ((o.user_id = u.id)))
  GROUP BY u.id, u.name;


ALTER TABLE public.order_totals OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.orders_id_seq OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;


--
-- Name: ticket_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.ticket_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.ticket_seq OWNER TO postgres;

--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: events_2023; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');


--
-- Name: events_2024; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');


--
-- Name: logs_2023; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.logs ATTACH PARTITION public.logs_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');


--
-- Name: logs_default; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.logs ATTACH PARTITION public.logs_default DEFAULT;


--
-- Name: documents seqno; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.documents ALTER COLUMN seqno SET DEFAULT nextval('public.documents_seqno_seq'::regclass);


--
-- Name: orders id; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);


--
-- Name: animals animals_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.animals
    ADD CONSTRAINT animals_pkey PRIMARY KEY (id);


--
-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (id);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id, happened_on);


--
-- Name: events_2023 events_2023_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events_2023
    ADD CONSTRAINT events_2023_pkey PRIMARY KEY (id, happened_on);


--
-- Name: events_2024 events_2024_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events_2024
    ADD CONSTRAINT events_2024_pkey PRIMARY KEY (id, happened_on);


--
-- Name: items items_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);


--
-- Name: order_items order_items_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (order_id, line);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: events_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_kind_idx ON ONLY public.events USING btree (kind);


--
-- Name: events_2023_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_2023_kind_idx ON public.events_2023 USING btree (kind);


--
-- Name: events_2024_kind_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX events_2024_kind_idx ON public.events_2024 USING btree (kind);


--
-- Name: items_sku_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX items_sku_idx ON public.items USING btree (sku);


--
-- Name: order_stats_user_id_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE UNIQUE INDEX order_stats_user_id_idx ON public.order_stats USING btree (user_id);


--
-- Name: orders_user_id_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX orders_user_id_idx ON public.orders USING btree (user_id);


--
-- Name: users_lower_email_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX users_lower_email_idx ON public.users USING btree (lower((email)::text));


--
-- Name: users_name_idx; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX users_name_idx ON public.users USING btree (name);


--
-- Name: events_2023_kind_idx; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_2023_kind_idx;


--
-- Name: events_2023_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_2023_pkey;


--
-- Name: events_2024_kind_idx; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_kind_idx ATTACH PARTITION public.events_2024_kind_idx;


--
-- Name: events_2024_pkey; Type: INDEX ATTACH; Schema: public; Owner: postgres
--

ALTER INDEX public.events_pkey ATTACH PARTITION public.events_2024_pkey;


--
-- Name: orders orders_touch; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE TRIGGER orders_touch BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch();


--
-- Name: order_items order_items_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id) ON DELETE CASCADE;


--
-- Name: orders orders_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- PostgreSQL database dump complete
--

\unrestrict PcmizZSKjbeACnLjdvxgxYFdODJUHJGKhG6ifAAvqNniEecKJTua1D6OpmY5caD


/** A hand-written ledger: a row per balance, job and movement. Idempotent by job id, and never negative. */
export const SCHEMA = `
  CREATE TABLE balances (
    org text PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0),
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    consumed bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50);
  CREATE TABLE jobs (
    org text, job text, reserved bigint NOT NULL, used bigint CHECK (used <= reserved), PRIMARY KEY (org, job)
  ) WITH (fillfactor = 80);
  CREATE TABLE movements (
    id bigint GENERATED ALWAYS AS IDENTITY (CACHE 100) PRIMARY KEY,
    org text NOT NULL, job text NOT NULL, kind text NOT NULL, credits bigint NOT NULL, at timestamptz NOT NULL DEFAULT now()
  );`;

/** One function per call. It locks the balance as late as possible, because other calls wait until the commit. */
export const CALLS = `
  CREATE FUNCTION reserve(p_org text, p_job text, p_credits bigint) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE has bigint;
  BEGIN
    INSERT INTO jobs (org, job, reserved) VALUES (p_org, p_job, p_credits) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN 'repeated'; END IF;
    SELECT available INTO has FROM balances WHERE org = p_org FOR UPDATE;
    IF has IS NULL OR has < p_credits THEN
      DELETE FROM jobs WHERE org = p_org AND job = p_job;
      RETURN 'refused';
    END IF;
    UPDATE balances SET available = available - p_credits, reserved = reserved + p_credits WHERE org = p_org;
    INSERT INTO movements (org, job, kind, credits) VALUES (p_org, p_job, 'reserve', p_credits);
    RETURN 'reserved';
  END $$;

  CREATE FUNCTION settle(p_org text, p_job text, p_used bigint) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE held bigint;
  BEGIN
    UPDATE jobs SET used = p_used WHERE org = p_org AND job = p_job AND used IS NULL RETURNING reserved INTO held;
    IF NOT FOUND THEN RETURN 'repeated'; END IF;
    INSERT INTO movements (org, job, kind, credits)
      VALUES (p_org, p_job, 'consume', p_used), (p_org, p_job, 'refund', held - p_used);
    PERFORM FROM balances WHERE org = p_org FOR UPDATE;
    UPDATE balances SET available = available + held - p_used, reserved = reserved - held, consumed = consumed + p_used
      WHERE org = p_org;
    RETURN 'settled';
  END $$;`;

/**
 * One function for many calls. It locks balances in the order of organizations, which avoids deadlocks, and updates each
 * once. It refuses a reservation that exceeds the balance after the earlier ones. It returns the movements: a settlement
 * without a row was a repetition.
 */
export const BATCHES = `
  CREATE FUNCTION move_many(kinds text[], orgs text[], ids text[], amounts bigint[])
    RETURNS TABLE (call bigint, answer text) LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM FROM balances WHERE org = ANY (orgs) ORDER BY org FOR UPDATE;
    RETURN QUERY WITH
      calls AS MATERIALIZED (
        SELECT * FROM unnest(kinds, orgs, ids, amounts) WITH ORDINALITY AS c (kind, org, job, amount, at)
      ),
      wanted AS MATERIALIZED (
        SELECT w.*, sum(CASE WHEN known THEN 0 ELSE amount END) OVER (PARTITION BY org ORDER BY at) AS running
          FROM (SELECT c.*, EXISTS (SELECT FROM jobs j WHERE j.org = c.org AND j.job = c.job) AS known
                  FROM calls c WHERE kind = 'reserve') w
      ),
      judged AS MATERIALIZED (
        SELECT w.*, CASE WHEN known THEN 'repeated' WHEN running <= b.available THEN 'reserved' ELSE 'refused' END AS verdict
          FROM wanted w LEFT JOIN balances b ON b.org = w.org
      ),
      fresh AS (
        INSERT INTO jobs AS j (org, job, reserved) SELECT org, job, amount FROM judged WHERE verdict = 'reserved'
          ON CONFLICT DO NOTHING RETURNING j.org, j.job, j.reserved
      ),
      ended AS (
        UPDATE jobs j SET used = c.amount FROM calls c
          WHERE c.kind = 'settle' AND j.org = c.org AND j.job = c.job AND j.used IS NULL
          RETURNING j.org, j.job, j.reserved AS held, c.amount AS used, c.at
      ),
      kept AS (
        INSERT INTO movements (org, job, kind, credits)
          SELECT org, job, 'reserve', reserved FROM fresh
          UNION ALL SELECT org, job, 'consume', used FROM ended
          UNION ALL SELECT org, job, 'refund', held - used FROM ended
      ),
      moved AS (
        UPDATE balances b SET available = available - m.taken, reserved = b.reserved + m.held, consumed = consumed + m.used
          FROM (SELECT org, sum(taken) AS taken, sum(held) AS held, sum(used) AS used
                  FROM (SELECT org, reserved AS taken, reserved AS held, 0 AS used FROM fresh
                        UNION ALL SELECT org, used - held, -held, used FROM ended) each_one GROUP BY org) m
          WHERE b.org = m.org
      )
      SELECT at, verdict FROM judged UNION ALL SELECT at, 'settled' FROM ended;
  END $$;`;

/** Deletes all rows and grants credits to every organization. */
export const seed = (organizations: number, granted: number): string => `
  TRUNCATE balances, jobs, movements;
  INSERT INTO balances (org, available) SELECT 'org-' || n, ${granted} FROM generate_series(0, ${organizations - 1}) AS n;
  CHECKPOINT;`;

export const BOOKS = `
  SELECT sum(available)::float8 AS available, sum(reserved)::float8 AS reserved, sum(consumed)::float8 AS consumed,
    (SELECT count(*) FROM movements)::float8 AS movements,
    (SELECT sum(credits) FROM movements WHERE kind = 'consume')::float8 AS booked
  FROM balances`;

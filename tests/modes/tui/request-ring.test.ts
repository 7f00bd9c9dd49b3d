// The ring of requests: bounded, in order, and a request that is said more of stays where it is.

import fc from "fast-check";
import { expect, test } from "vitest";

import type { EgressRequest } from "#domain/egress/control.ts";
import { RequestRing } from "#modes/tui/request-ring.ts";

const request = (id: number, more: Partial<EgressRequest> = {}): EgressRequest => ({
  id,
  at: "2030-01-01T12:00:00.000Z",
  verdict: "allow",
  method: "GET",
  scheme: "https",
  protocol: "http/1.1",
  host: "api.example.com",
  port: 443,
  path: `/${id}`,
  status: 200,
  bytes_up: 0,
  bytes_down: 0,
  ms: 1,
  rule: "api.example.com",
  ...more,
});

test("an open request is changed in place when more is said of it", () => {
  const ring = new RequestRing();
  ring.push(request(1, { open: true, status: 0 }));
  ring.push(request(2));
  ring.push(request(1, { status: 200, bytes_down: 99 }));
  expect(ring.last).toBe(1);
  expect(ring.at(0)?.request).toMatchObject({ id: 1, status: 200, bytes_down: 99 });
  expect(ring.at(0)?.request.open).toBeUndefined();
});

test("what was said first and comes last does not open it again", () => {
  const ring = new RequestRing();
  ring.push(request(1));
  ring.push(request(1, { open: true, status: 0 }));
  expect(ring.at(0)?.request.status).toBe(200);
});

test("a proxy that was started anew counts from the beginning: an equal number is another request", () => {
  const ring = new RequestRing();
  ring.push(request(1));
  ring.push(request(1, { at: "2030-01-01T13:00:00.000Z", status: 404 }));
  expect([ring.at(0)?.request.status, ring.at(1)?.request.status]).toEqual([200, 404]);
});

test("the oldest go when there are too many, and are counted", () => {
  const ring = new RequestRing({ requests: 3, size: 1_000_000 });
  for (let id = 0; id < 10; id += 1) ring.push(request(id));
  expect([ring.first, ring.last, ring.dropped]).toEqual([7, 9, 7]);
  expect(ring.at(6)).toBeUndefined();
  ring.push(request(2, { status: 500 }));
  expect(ring.at(10)?.request.id).toBe(2);
});

test("whatever comes, it keeps to its limits and its order", () => {
  const said = fc.record({ id: fc.nat(20), open: fc.boolean(), size: fc.nat(3000) });
  fc.assert(
    fc.property(fc.array(said, { maxLength: 200 }), (lines) => {
      const ring = new RequestRing({ requests: 8, size: 10_000 });
      for (const { id, open, size } of lines) {
        const path = `/${id}${"x".repeat(size)}`;
        ring.push(request(id, open ? { open: true, path } : { path }));
      }
      const kept: number[] = [];
      let total = 0;
      for (let seq = ring.first; seq <= ring.last; seq += 1) {
        const row = ring.at(seq);
        expect(row?.seq).toBe(seq);
        kept.push(seq);
        total += row?.request.path.length ?? 0;
      }
      expect(kept.length).toBeLessThanOrEqual(8);
      if (kept.length > 1) expect(total).toBeLessThanOrEqual(10_000);
    }),
  );
});

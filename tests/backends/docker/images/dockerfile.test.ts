import { describe, expect, test } from "vitest";

import { basesOf } from "#backends/docker/images/dockerfile.ts";
import { lastLayer } from "#backends/docker/images/last-layer.ts";

describe("what a Dockerfile begins from", () => {
  test.each([
    ["FROM node:24-slim", ["node:24-slim"]],
    ["# FROM a\nfrom --platform=linux/amd64 debian AS build\nFROM build\nCOPY --from=build /a /a", ["debian"]],
    ["FROM a\nCOPY --chown=node --from=tools:1 /x /x\nCOPY --from=0 /y /y", ["a", "tools:1"]],
    ["ARG BASE=node:22\nFROM ${BASE}", ["node:22"]],
    ['ARG BASE="node:22"\nFROM $BASE', ["node:22"]],
    ["ARG BASE\nFROM ${BASE:-node:20}", ["node:20"]],
    ["FROM $UNKNOWN", []],
    ["FROM \\\n  debian:12 \\\n  AS base", ["debian:12"]],
    ["FROM scratch\nCOPY x /", []],
    ["RUN echo FROM nothing", []],
    ["FROM a\r\nFROM b\r\nFROM a", ["a", "b"]],
  ])("is found in %j", (text, bases) => {
    expect(basesOf(text)).toEqual(bases);
  });

  test("is, for the last layer, the image and where ours is taken from", () => {
    expect(basesOf(lastLayer("mine:1", "bottle-dash/sidecars:2"))).toEqual(["mine:1", "bottle-dash/sidecars:2"]);
  });
});

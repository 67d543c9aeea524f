import { expect, it } from "vitest";
import { restrictedReason } from "./restrictedAddress.ts";

it.each(["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])("%s is public", (address) => {
  expect(restrictedReason(address)).toBeUndefined();
});

it.each([
  ["127.0.0.1", /loopback/],
  ["127.255.255.254", /loopback/],
  ["::1", /loopback/],
  ["169.254.169.254", /link-local/],
  ["fe80::1", /link-local/],
  ["fe80::1%eth0", /link-local/],
  ["10.1.2.3", /private/],
  ["172.31.0.1", /private/],
  ["192.168.0.1", /private/],
  ["fd00:ec2::254", /private/],
  ["fc00::1", /private/],
  ["fec0::1", /private/],
  ["100.100.100.200", /provider/],
  ["0.0.0.0", /no host/],
  ["::", /no host/],
  ["224.0.0.1", /multicast/],
  ["ff02::1", /multicast/],
  ["255.255.255.255", /broadcast/],
  ["240.0.0.1", /reserved/],
  ["198.18.0.1", /reserved/],
  ["2001:db8::1", /reserved/],
  ["::ffff:10.0.0.1", /private/],
  ["::10.0.0.1", /private/],
  ["64:ff9b::a9fe:a9fe", /link-local/],
  ["2002:a00:1::", /reserved/],
  ["168.63.129.16", /machine's host/],
  ["localhost", /no address/],
])("%s is not", (address, kind) => {
  expect(restrictedReason(address)).toMatch(kind);
});

import { expect, test } from "vitest";
import { stripPrefix } from "./strip-prefix.ts";

const ESC = "\u001b";

const CASES: [raw: string, line: object][] = [
	["[   12.345678] text", { text: "text", prefix: "timestamp", time: { seconds: 12.345678, wall: null } }],
	["[   49.921978][ T6736] text", { text: "text", caller: "T6736" }],
	["[2681891.757523] [ T416120] text", { text: "text", caller: "T416120" }],
	["[   49.921978][    C0] text", { text: "text", caller: "C0" }],
	["[  123.456789 <    0.000123>] text", { text: "text", time: { seconds: 123.456789, wall: null } }],
	[
		"[Fri Sep 25 15:29:47 2020] text",
		{ text: "text", prefix: "timestamp", time: { seconds: null, wall: "Fri Sep 25 15:29:47 2020" } },
	],
	["[Sep25 15:29] text", { text: "text", time: { seconds: null, wall: "Sep25 15:29" } }],
	["[  +0.000003] text", { text: "text", time: { seconds: null, wall: "+0.000003" } }],
	["<4>text", { text: "text", prefix: "level" }],
	["<4>[    0.000000] text", { text: "text", prefix: "timestamp" }],
	["<4>[    1.000000]  [2:        kswapd0:   52] text", { text: "text", prefix: "timestamp" }],
	["[    1.000000] (2)[123:kworker/2:1]text", { text: "text" }],
	[
		"Feb  9 11:55:27 host kernel: text",
		{ text: "text", prefix: "syslog", time: { seconds: null, wall: "Feb  9 11:55:27" } },
	],
	[
		"Jan  5 15:19:27 kernel: [ 5864.708440] text",
		{ text: "text", prefix: "syslog+timestamp", time: { seconds: 5864.70844, wall: "Jan  5 15:19:27" } },
	],
	["Jan  1 00:00:12 host user.warn kernel: [   12.345678] text", { text: "text", prefix: "syslog+timestamp" }],
	["márc 31 12:00:00 host kernel: text", { text: "text", prefix: "syslog" }],
	["2024-01-02T03:04:05.123456+00:00 host kernel: text", { text: "text", prefix: "syslog" }],
	["2024-01-02T03:04:05,123456+00:00 some text: here", { text: "some text: here", prefix: "syslog", foreign: false }],
	["kernel: text", { text: "text", prefix: "syslog" }],
	["kern  :warn  : [   12.345678] text", { text: "text", prefix: "timestamp" }],
	["06-03 13:29:12.999  root     0     0 W kswapd0 : text", { text: "kswapd0: text" }],
	["06-03 13:29:12.999     0     0 W : text", { text: "text" }],
	["00:01:02.123 [   12.345678] text", { text: "text", prefix: "syslog+timestamp" }],
	["login: [   12.345678] text", { text: "text", prefix: "timestamp" }],
	["> > [   12.345678] text", { text: "text", prefix: "timestamp" }],
	["| [   12.345678] text", { text: "text" }],
	["Feb  1 00:00:00 host systemd[1]: Started", { foreign: true }],
	["Feb  1 00:00:00 host sshd: x", { foreign: true }],
	["[ 1234]  1000  1234 row", { text: "[ 1234]  1000  1234 row", prefix: "none", time: null }],
	["[<ffffffff811089a5>] f", { text: "[<ffffffff811089a5>] f", prefix: "none" }],
	["[c13a3980] [c0770974] f", { text: "[c13a3980] [c0770974] f", prefix: "none" }],
	["<TASK>", { text: "<TASK>", prefix: "none" }],
	[`${ESC}[32m[   12.345678] ${ESC}[0m${ESC}[33mname: ${ESC}[0mtext`, { text: "name: text", prefix: "timestamp" }],
	[`Jan  1 00:00:00 h kernel: ${ESC}[0;1;31mtext${ESC}[0m`, { text: "text" }],
	[`[   12.345678] ${ESC}[31mname invoked`, { text: `${ESC}[31mname invoked` }],
	["", { text: "", prefix: "none" }],
];

for (const [raw, line] of CASES) {
	test(`takes the prefix off ${JSON.stringify(raw)}`, () => {
		expect(stripPrefix(raw, 7)).toMatchObject({ number: 7, lastNumber: 7, ...line });
	});
}

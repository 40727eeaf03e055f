import { testReports } from "./testing/report-properties.fixture.ts";

testReports({ dressed: 2000, wrapped: 10_000 });

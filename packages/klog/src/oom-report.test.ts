import { testReports } from "./testing/report-properties.fixture.ts";

testReports({ dressed: 20, wrapped: 60 });

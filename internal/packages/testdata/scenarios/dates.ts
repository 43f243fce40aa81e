import { addMonths, differenceInCalendarDays, eachDayOfInterval, format, formatDistance, formatISO, isValid, parse, parseISO, startOfWeek } from "date-fns";
import { de as germanDateFns } from "date-fns/locale";
import dayjs from "dayjs";
import "dayjs/locale/de";
import customParseFormat from "dayjs/plugin/customParseFormat";
import duration from "dayjs/plugin/duration";
import relativeTime from "dayjs/plugin/relativeTime";
import utc from "dayjs/plugin/utc";
import { equal, run } from "../check";

for (const plugin of [customParseFormat, duration, relativeTime, utc]) dayjs.extend(plugin);

run({
  "date-fns: parse, compute, format"() {
    const date = parseISO("2026-01-31T10:00:00");
    equal(format(addMonths(date, 1), "yyyy-MM-dd EEEE"), "2026-02-28 Saturday");
    equal(format(startOfWeek(date, { weekStartsOn: 1 }), "PPPP"), "Monday, January 26th, 2026");
    equal(format(date, "d. MMMM yyyy", { locale: germanDateFns }), "31. Januar 2026");
    equal(formatISO(parse("31/01/2026", "dd/MM/yyyy", new Date(0)), { representation: "date" }), "2026-01-31");
    equal(isValid(parse("nonsense", "dd/MM/yyyy", new Date(0))), false);
  },
  "date-fns: differences"() {
    equal(formatDistance(new Date(2026, 0, 1), new Date(2026, 0, 4), { addSuffix: true }), "3 days ago");
    equal(differenceInCalendarDays(new Date(2026, 2, 1), new Date(2026, 1, 1)), 28);
    equal(eachDayOfInterval({ start: new Date(2026, 0, 30), end: new Date(2026, 1, 2) }).length, 4);
  },
  "dayjs: parse, compute, format"() {
    equal(dayjs("2026-01-31").add(1, "month").endOf("month").format("YYYY-MM-DD dddd"), "2026-02-28 Saturday");
    equal(dayjs("31.01.2026", "DD.MM.YYYY", true).isValid(), true);
    equal(dayjs("2026-01-31").locale("de").format("D. MMMM"), "31. Januar");
    equal(dayjs.utc("2026-01-01T00:00:00Z").add(90, "minute").toISOString(), "2026-01-01T01:30:00.000Z");
  },
  "dayjs: durations"() {
    equal(dayjs.duration({ hours: 25, minutes: 5 }).toISOString(), "PT25H5M");
    equal(dayjs("2026-01-01").from("2026-01-04"), "3 days ago");
  },
});

import { addMonths, differenceInCalendarDays, eachDayOfInterval, format, formatDistance, formatISO, intlFormat, isValid, parse, parseISO, startOfWeek } from "date-fns";
import { de as germanDateFns } from "date-fns/locale";
import dayjs from "dayjs";
import "dayjs/locale/de";
import customParseFormat from "dayjs/plugin/customParseFormat";
import duration from "dayjs/plugin/duration";
import relativeTime from "dayjs/plugin/relativeTime";
import timezone from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";
import { DateTime, Duration, Interval, Settings } from "luxon";
import { equal, run } from "../check";

dayjs.extend(customParseFormat);
dayjs.extend(duration);
dayjs.extend(relativeTime);
dayjs.extend(utc);
dayjs.extend(timezone);

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
  "date-fns: intlFormat"() {
    equal(intlFormat(new Date(2026, 0, 5, 12), { year: "numeric", month: "long", day: "numeric" }, { locale: "en-US" }), "January 5, 2026");
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
  "dayjs: time zones"() {
    equal(dayjs.utc("2026-07-01T12:00:00Z").tz("Europe/Berlin").format("YYYY-MM-DD HH:mm Z"), "2026-07-01 14:00 +02:00");
    equal(dayjs.tz("2026-01-01 09:00", "America/New_York").toISOString(), "2026-01-01T14:00:00.000Z");
  },
  "luxon: parse, compute"() {
    const date = DateTime.fromISO("2026-01-31T10:00:00", { zone: "utc" });
    equal(date.plus({ months: 1 }).toISODate(), "2026-02-28");
    equal(date.toFormat("yyyy-LL-dd HH:mm"), "2026-01-31 10:00");
    equal(Interval.fromDateTimes(date, date.plus({ days: 3 })).length("hours"), 72);
    equal(Duration.fromObject({ minutes: 90 }).shiftTo("hours", "minutes").toObject(), { hours: 1, minutes: 30 });
    equal(DateTime.fromISO("nonsense").invalidReason, "unparsable");
  },
  "luxon: names and locales"() {
    const date = DateTime.fromISO("2026-01-31T10:00:00", { zone: "utc" });
    equal(date.toFormat("cccc, d LLLL yyyy"), "Saturday, 31 January 2026");
    equal(date.setLocale("en-US").toLocaleString(DateTime.DATE_FULL), "January 31, 2026");
    equal(date.setLocale("de").toLocaleString(DateTime.DATE_FULL), "31. Januar 2026");
    equal(date.minus({ days: 3 }).setLocale("en").toRelative({ base: date }), "3 days ago");
  },
  "luxon: time zones"() {
    equal(DateTime.fromISO("2026-07-01T12:00:00Z").setZone("Europe/Berlin").toISO(), "2026-07-01T14:00:00.000+02:00");
    equal(DateTime.fromObject({ year: 2026, month: 1, day: 1, hour: 9 }, { zone: "America/New_York" }).toUTC().toISO(), "2026-01-01T14:00:00.000Z");
    equal(Settings.defaultZone.isValid, true);
  },
});

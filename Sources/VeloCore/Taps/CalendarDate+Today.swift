package import VeloFormula
import VeloSystem

extension CalendarDate {
    /// The day it is, in UTC.
    package static func today() -> CalendarDate { CalendarDate(secondsSince1970: Host.now()) }

    /// The day of a moment, in UTC: the proleptic Gregorian calendar, counted in eras of 400 years from 1 March.
    package init(secondsSince1970 seconds: Int) {
        let days = (seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isLate = month >= 10
        self.init(
            year: yearOfEra + era * 400 + (isLate ? 1 : 0), month: isLate ? month - 9 : month + 3,
            day: dayOfYear - (153 * month + 2) / 5 + 1)
    }
}

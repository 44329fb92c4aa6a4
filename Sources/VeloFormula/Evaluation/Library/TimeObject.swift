/// A Time or Date, in UTC.
final class TimeObject: ObjectBox {
    let seconds: Int
    let isDate: Bool

    init(seconds: Int, isDate: Bool = false) {
        self.seconds = seconds
        self.isDate = isDate
    }

    override var nativeClassName: String { isDate ? "Date" : "Time" }
    override var nativeAncestors: [String] { [nativeClassName, "Comparable"] }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { isDate ? date.description : Self.format("%Y-%m-%d %H:%M:%S UTC", seconds) }
    override var hashKey: HashKey { .list([.symbol(nativeClassName), .int(seconds)]) }
    override func order(_ other: Value) -> Int? {
        guard case .object(let time as TimeObject) = other else { return nil }
        return (seconds - time.seconds).signum()
    }

    var date: CalendarDate { Self.date(ofDay: NumberMethods.floorDivision(seconds, 86_400)) }

    /// Midnight of a day.
    static func seconds(of date: CalendarDate) -> Int { dayNumber(of: date) * 86_400 }

    /// Days since 1970, by the proleptic Gregorian calendar.
    private static func dayNumber(of date: CalendarDate) -> Int {
        let year = date.month <= 2 ? date.year - 1 : date.year
        let era = NumberMethods.floorDivision(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(ofDay day: Int) -> CalendarDate {
        let shifted = day + 719_468
        let era = NumberMethods.floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return CalendarDate(
            year: yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0), month: calendarMonth,
            day: dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]

    static func format(_ template: String, _ seconds: Int) -> String {
        let day = NumberMethods.floorDivision(seconds, 86_400)
        let rest = seconds - day * 86_400
        let date = date(ofDay: day)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let weekday = days[((day % 7) + 7) % 7]
        var result = ""
        var isDirective = false
        for character in template {
            guard isDirective else {
                if character == "%" { isDirective = true } else { result.append(character) }
                continue
            }
            if character == "-" { continue }
            isDirective = false
            switch character {
            case "Y": result += String(date.year)
            case "y": result += two(date.year % 100)
            case "m": result += two(date.month)
            case "d": result += two(date.day)
            case "e": result += date.day < 10 ? " \(date.day)" : "\(date.day)"
            case "H": result += two(rest / 3600)
            case "M": result += two(rest / 60 % 60)
            case "S": result += two(rest % 60)
            case "j":
                let number = day - dayNumber(of: CalendarDate(year: date.year, month: 1, day: 1)) + 1
                result += String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
            case "b", "h": result += months[date.month - 1].prefix(3)
            case "B": result += months[date.month - 1]
            case "a": result += weekday.prefix(3)
            case "A": result += weekday
            case "F": result += date.description
            case "T": result += "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
            case "s": result += String(seconds)
            case "Z": result += "UTC"
            case "z": result += "+0000"
            default: result += "%\(character)"
            }
        }
        return result
    }

    static let statics = MethodTable { table in
        table.define("now", "today") { call in
            .object(TimeObject(seconds: seconds(of: call.interpreter.context.date), isDate: call.name == "today"))
        }
        table.define("at") { call in
            if case .object = call[0] { return call[0] }
            return .object(TimeObject(seconds: try call.integer(0)))
        }
        table.define("parse", "iso8601", "strptime") { call in
            let text = try call.text(0)
            guard let date = CalendarDate(text.prefix(10)) else { throw call.raising("ArgumentError", "invalid date") }
            let isDate = if case .type(let type) = call.receiver { type.name == "Date" } else { false }
            return .object(TimeObject(seconds: seconds(of: date), isDate: isDate))
        }
        table.define("new", "utc", "gm", "mktime", "local") { call in
            if call.count == 0 { return .object(TimeObject(seconds: seconds(of: call.interpreter.context.date))) }
            let date = CalendarDate(
                year: try call.integer(0), month: call.count > 1 ? try call.integer(1) : 1,
                day: call.count > 2 ? try call.integer(2) : 1)
            let rest = try (3..<6).reduce(0) { $0 * 60 + ($1 < call.count ? try call.integer($1) : 0) }
            let isDate = if case .type(let type) = call.receiver { type.name == "Date" } else { false }
            return .object(TimeObject(seconds: seconds(of: date) + rest, isDate: isDate))
        }
    }

    private static func time(_ call: Call) throws -> TimeObject {
        guard case .object(let time as TimeObject) = call.receiver else { throw call.unsupported("this object") }
        return time
    }

    private static let table = MethodTable(including: [ComparableMethods.table]) { table in
        table.define("strftime") { call in .text(format(try call.text(0), try time(call).seconds)) }
        table.define("to_i", "tv_sec") { call in .int(try time(call).seconds) }
        table.define("to_f") { call in .float(Double(try time(call).seconds)) }
        table.define("year") { call in .int(try time(call).date.year) }
        table.define("month", "mon") { call in .int(try time(call).date.month) }
        table.define("day", "mday") { call in .int(try time(call).date.day) }
        table.define("hour") { call in .int((try time(call).seconds % 86_400 + 86_400) % 86_400 / 3600) }
        table.define("min") { call in .int((try time(call).seconds % 3600 + 3600) % 3600 / 60) }
        table.define("sec") { call in .int((try time(call).seconds % 60 + 60) % 60) }
        table.define("utc", "getutc", "localtime", "to_time", "dup", "round") { call in call.receiver }
        table.define("to_date") { call in
            .object(TimeObject(seconds: try time(call).seconds / 86_400 * 86_400, isDate: true))
        }
        table.define("iso8601", "xmlschema", "rfc3339") { call in
            let time = try time(call)
            return .text(time.isDate ? time.displayText : format("%Y-%m-%dT%H:%M:%SZ", time.seconds))
        }
        table.define("httpdate", "rfc2822") { call in .text(format("%a, %d %b %Y %H:%M:%S GMT", try time(call).seconds))
        }
        table.define("+") { call in
            let time = try time(call)
            return .object(
                TimeObject(
                    seconds: time.seconds + (try call.integer(0)) * (time.isDate ? 86_400 : 1), isDate: time.isDate))
        }
        table.define("-") { call in
            let time = try time(call)
            if case .object(let other as TimeObject) = call[0] { return .float(Double(time.seconds - other.seconds)) }
            return .object(
                TimeObject(
                    seconds: time.seconds - (try call.integer(0)) * (time.isDate ? 86_400 : 1), isDate: time.isDate))
        }
    }
}

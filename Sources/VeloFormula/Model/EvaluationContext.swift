/// Everything that the evaluation of a formula may depend on besides its text and other formulae.
package struct EvaluationContext: Sendable {
    /// Which Homebrew's answers are given where they changed over time.
    package enum Era: Sendable {
        /// 4.0, February 2023
        case homebrew4
        case current
    }

    package var platform: Platform
    package var prefix: String
    package var cellar: String
    /// Homebrew's own files: `HOMEBREW_REPOSITORY`.
    package var repository: String
    package var date: CalendarDate
    /// `gcc-12` or `clang`, as `ENV.cc` names it.
    package var compiler: String
    package var compilerVersion: String
    package var makeJobs: Int
    /// `build.bottle?`: code for the oldest processor, not for this one.
    package var isBottleBuild: Bool
    /// `HOMEBREW_TEMP`, `HOMEBREW_CACHE` and `HOMEBREW_LOGS`
    package var temporaryFolder: String
    package var cacheFolder: String
    package var logFolder: String
    /// Where the user is at home, and the user's shell: texts for the user name them.
    package var home: String
    package var shell: String
    package var user: String
    package var era: Era
    /// What `OS.kernel_version`, `Glibc.system_version` and the like say; a build asks the machine.
    package var kernelVersion: String
    package var glibcVersion: String
    /// Of the machine's own `python3`.
    package var pythonVersion: String
    /// Stanzas that the language no longer has are passed over: a formula that is only asked about by another one
    /// answers for itself elsewhere.
    package var toleratesRemovedStanzas = false
    /// How much one evaluation may do before it is refused.
    package var budget: EvaluationBudget

    package init(
        platform: Platform, date: CalendarDate, prefix: String? = nil, compiler: String? = nil,
        compilerVersion: String = "12.2.0", makeJobs: Int = 2, isBottleBuild: Bool = true, era: Era = .current
    ) {
        self.platform = platform
        self.prefix = prefix ?? platform.defaultPrefix
        cellar = (prefix ?? platform.defaultPrefix) + "/Cellar"
        repository = prefix.map { $0 + "/Homebrew" } ?? platform.defaultRepository
        self.date = date
        self.compiler = compiler ?? (platform.isLinux ? "gcc-12" : "clang")
        self.compilerVersion = compilerVersion
        self.makeJobs = makeJobs
        self.isBottleBuild = isBottleBuild
        temporaryFolder = platform.isLinux ? "/var/tmp" : "/private/tmp"
        cacheFolder = platform.isLinux ? "/home/linuxbrew/.cache/Homebrew" : "/Users/brew/Library/Caches/Homebrew"
        logFolder = cacheFolder + "/Logs"
        home = platform.isLinux ? "/home/linuxbrew" : "/Users/brew"
        shell = "/bin/bash"
        user = platform.isLinux ? "linuxbrew" : "brew"
        pythonVersion = "3.11"
        self.era = era
        kernelVersion = platform.isLinux ? "6.1.0" : "22.3.0"
        glibcVersion = "2.36"
        budget = EvaluationBudget()
    }

    /// The same on another platform, at that platform's own prefix.
    package func on(_ platform: Platform) -> EvaluationContext {
        var other = EvaluationContext(
            platform: platform, date: date, makeJobs: makeJobs, isBottleBuild: isBottleBuild, era: era)
        other.budget = budget
        return other
    }
}

/// Bounds of one evaluation; past them it is an error, not a hang.
package struct EvaluationBudget: Sendable {
    /// Nodes evaluated.
    package var steps = 5_000_000
    /// Calls inside calls.
    package var depth = 200
    /// Attempts of one regular expression match.
    package var matchSteps = 2_000_000
}

/// A day.
package struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let year: Int
    package let month: Int
    package let day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// `YYYY-MM-DD`
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), year > 0
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

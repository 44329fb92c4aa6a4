/// What was found when a bottle was poured at another prefix: the evidence for its verdict.
package struct Proof: Codable, Sendable, Equatable {
    package enum Test: String, Codable, Sendable {
        case passed, failed
        /// The formula defines none.
        case none
    }

    /// One thing that was looked at, and what was seen.
    package struct Check: Codable, Sendable, Equatable {
        package var name: String
        package var passed: Bool
        package var seen: String
    }

    /// Where it was poured.
    package var prefix: String
    package var checks: [Check] = []
    package var test: Test = .none
    /// Why the test failed.
    package var failure: String?

    package init(prefix: String) { self.prefix = prefix }

    package var isProven: Bool { test != .failed && checks.allSatisfy(\.passed) }

    package mutating func add(_ name: String, _ passed: Bool, _ seen: String) {
        checks.append(Check(name: name, passed: passed, seen: seen))
    }
}

/// What was found when a bottle was poured at another prefix, or, where it works at its own alone, at that: the evidence
/// for its verdict.
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
    /// What was found at another prefix, where only the bottle's own will do.
    package var elsewhere: Elsewhere?

    /// A proof that failed, at a prefix other than the one it was built for.
    package struct Elsewhere: Codable, Sendable, Equatable {
        package var prefix: String
        package var checks: [Check]
        package var test: Test
        package var failure: String?

        init(_ proof: Proof) {
            (prefix, checks, test, failure) = (proof.prefix, proof.checks, proof.test, proof.failure)
        }
    }

    package init(prefix: String) { self.prefix = prefix }

    package var isProven: Bool { test != .failed && checks.allSatisfy(\.passed) }

    /// Whether all is well but what running its programs showed: that may be for want of the prefix it was built for.
    var failedOnlyWhenRun: Bool { !isProven && checks.allSatisfy { $0.passed || $0.name.hasPrefix(Self.smoke) } }

    /// How the checks that start a program are called; its path follows.
    static let smoke = "smoke"

    /// What was wrong, in a line.
    package var problems: String {
        ([failure].compactMap { $0 } + checks.filter { !$0.passed }.map { "\($0.name): \($0.seen)" })
            .joined(separator: "; ")
    }

    package mutating func add(_ name: String, _ passed: Bool, _ seen: String) {
        checks.append(Check(name: name, passed: passed, seen: seen))
    }
}

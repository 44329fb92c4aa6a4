package import VeloSystem

/// Why a formula is not installed, said before anything is downloaded.
package enum PlanRefusal: Problem, Equatable {
    package enum Misfit: Sendable, Equatable {
        /// Binaries hold the build prefix with room for so many bytes.
        case prefixTooLong(limit: Int)
        /// It was built for one cellar only.
        case otherCellar(String)

        /// Why a bottle cannot go to a prefix, as far as is known before its files are looked at; nil if it can.
        ///
        /// - Parameters:
        ///   - cellar: `any`, `any_skip_relocation`, or the cellar that its binaries name: a shorter one can be written
        ///     over that.
        ///   - longestPrefix: What whoever made it says; zero for one that can go nowhere else.
        init?(of cellar: String, longestPrefix: Int?, for prefix: Prefix) {
            if cellar == prefix.cellarPath { return nil }
            let isAnywhere = ["any", "any_skip_relocation"].contains(cellar)
            let room = longestPrefix ?? (isAnywhere ? Int.max : Self.room(in: cellar))
            if room >= prefix.path.utf8.count { return nil }
            self = room > 0 ? .prefixTooLong(limit: room) : .otherCellar(cellar)
        }

        private static func room(in cellar: String) -> Int {
            cellar.hasSuffix("/Cellar") ? cellar.utf8.count - "/Cellar".utf8.count : 0
        }
    }

    /// It could not be the name of a folder.
    case badName(String)
    case disabled(String, reason: String?)
    case conflict(String, String, isInstalled: Bool)
    case pinnedBottle(String, prefix: String, Misfit)

    package var summary: String {
        switch self {
        case .badName(let name): "the catalog holds the name `\(name)`, which cannot be that of a folder"
        case .disabled(let name, let reason): "`\(name)` is disabled\(reason.map { ": \($0)" } ?? "")"
        case .conflict(let name, let other, let isInstalled):
            "`\(name)` cannot be beside `\(other)`\(isInstalled ? ", which is installed" : "")"
        case .pinnedBottle(let name, let prefix, .prefixTooLong(let limit)):
            "the bottle of `\(name)` cannot go to `\(prefix)`: "
                + "its binaries have room for \(limit) bytes, and the path has \(prefix.utf8.count)"
        case .pinnedBottle(let name, let prefix, .otherCellar(let cellar)):
            "the bottle of `\(name)` cannot go to `\(prefix)`: it was built for `\(cellar)` alone"
        }
    }

    package var hints: [String] {
        switch self {
        case .badName: ["tell whoever runs the mirror"]
        case .disabled: []
        case .conflict(_, let other, true): ["uninstall the other one first: `velo uninstall \(other)`"]
        case .conflict: ["install one of the two"]
        case .pinnedBottle(let name, let prefix, .prefixTooLong(let limit)):
            [
                "choose a prefix of at most \(limit) bytes with `--prefix` or `VELO_PREFIX`",
                Self.building(name, for: prefix),
            ]
        case .pinnedBottle(let name, let prefix, .otherCellar(let cellar)):
            (cellar.hasSuffix("/Cellar") ? ["use the prefix `\(cellar.dropLast("/Cellar".count))`"] : [])
                + [Self.building(name, for: prefix)]
        }
    }

    private static func building(_ name: String, for prefix: String) -> String {
        "or build it for that prefix, and pour what comes of it: "
            + "`velod build \(name) --prefix \(prefix) --tap TAP --out FOLDER`, `velo pour FOLDER/\(name)--*.tar.gz`"
    }
}

/// Several failures of one command, each told in full.
package struct Problems: Problem {
    package let all: [any Problem]

    package init(all: [any Problem]) { self.all = all }

    package var summary: String { all.map(\.summary).joined(separator: "; ") }
    package var hints: [String] { all.flatMap(\.hints) }
    package var severity: ProblemSeverity {
        if all.contains(where: { $0.severity == .bug }) { return .bug }
        return all.allSatisfy { $0.severity == .temporary } ? .temporary : .refused
    }

    /// One problem is thrown as it is.
    package static func throwIfAny(_ problems: [any Problem]) throws {
        if problems.count == 1 { throw problems[0] }
        if !problems.isEmpty { throw Problems(all: problems) }
    }
}

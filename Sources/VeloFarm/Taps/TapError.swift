package import VeloSystem

/// What can be wrong with a tap.
package enum TapError: Problem {
    case badName(String)
    case noName(String)
    case notThere(String)
    case noFormulae(String)
    case noCommits(String)
    case git(String, String)
    case unreachable(String, String)
    case alreadyAdded(String, location: String)
    case unknown(String, known: [String])

    package var summary: String {
        switch self {
        case .badName(let name): "`\(name)` is not a tap's name"
        case .noName(let location): "no tap name can be derived from `\(location)`"
        case .notThere(let path): "there is no folder `\(path)`"
        case .noFormulae(let location): "`\(location)` holds no formulae"
        case .noCommits(let path): "the git repository `\(path)` has no commits"
        case .git(let path, let message): "could not read the git repository `\(path)`: \(message)"
        case .unreachable(let url, let message): "could not fetch `\(url)`: \(message)"
        case .alreadyAdded(let name, let location): "the tap `\(name)` is already there, from `\(location)`"
        case .unknown(let name, _): "there is no tap `\(name)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .badName: ["a tap's name has the form `user/repository`, of letters, digits, `.`, `_` and `-`"]
        case .noName: ["give the name: `velod tap add USER/REPOSITORY PATH-OR-URL`"]
        case .notThere: ["a tap is added by the path of a folder, or by the URL of a git repository"]
        case .noFormulae:
            ["formulae are looked for in `Formula/`, in `HomebrewFormula/`, and in `.rb` files at the top"]
        case .noCommits: ["a repository is read at its HEAD: commit the formulae first"]
        case .alreadyAdded(let name, _):
            ["`velod tap update \(name)` reads it again; `velod tap remove \(name)` takes it out"]
        case .unknown(_, let known):
            known.isEmpty ? ["add one with `velod tap add`"] : ["known taps: " + known.joined(separator: ", ")]
        case .git, .unreachable: []
        }
    }

    package var severity: ProblemSeverity {
        if case .unreachable = self { .temporary } else { .refused }
    }
}

import VeloSystem

/// What can be wrong with a tap.
enum TapError: Problem {
    case badName(String)
    case noName(String)
    case notThere(String)
    case noFormulae(String)
    case git(String, String)
    case alreadyAdded(String, location: String)
    case unknown(String, known: [String])

    var summary: String {
        switch self {
        case .badName(let name): "`\(name)` is not a tap's name"
        case .noName(let location): "no tap name can be derived from `\(location)`"
        case .notThere(let path): "there is no folder `\(path)`"
        case .noFormulae(let location): "`\(location)` holds no formulae"
        case .git(let path, let message): "could not read the git repository `\(path)`: \(message)"
        case .alreadyAdded(let name, let location): "the tap `\(name)` is already there, from `\(location)`"
        case .unknown(let name, _): "there is no tap `\(name)`"
        }
    }

    var hints: [String] {
        switch self {
        case .badName: ["a tap's name has the form `user/repository`, of letters, digits, `.`, `_` and `-`"]
        case .noName: ["give the name: `velod tap add USER/REPOSITORY PATH-OR-URL`"]
        case .notThere: ["a tap is added by the path of a folder, or by the URL of a git repository"]
        case .noFormulae:
            ["formulae are looked for in `Formula/`, in `HomebrewFormula/`, and in `.rb` files at the top"]
        case .alreadyAdded(let name, _):
            ["`velod tap update \(name)` reads it again; `velod tap remove \(name)` takes it out"]
        case .unknown(_, let known):
            known.isEmpty ? ["add one with `velod tap add`"] : ["known taps: " + known.joined(separator: ", ")]
        case .git: []
        }
    }
}

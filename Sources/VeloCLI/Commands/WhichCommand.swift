import ArgumentParser
import SystemPackage
import VeloCore
import VeloSystem

struct WhichCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "which", abstract: "Tell which package a command or file belongs to.")

    @Argument(help: ArgumentHelp("Commands, or paths in the prefix.", valueName: "command-or-path"))
    var subjects: [String]

    @OptionGroup var place: PrefixOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        var answers: [Answer] = []
        var problems: [any Problem] = []
        for subject in subjects {
            if let answer = try find(subject, session.prefix) {
                answers.append(answer)
            } else {
                problems.append(WhichError.nobody(subject, prefix: session.prefix.path))
            }
        }
        if format.json {
            session.console.data(try JSONText.of(Document(answers: answers)))
        } else {
            for answer in answers {
                let isQuiet = session.console.verbosity == .quiet
                session.console.data(isQuiet ? answer.package : "\(answer.package) \(answer.version): \(answer.path)")
            }
        }
        try Problems.throwIfAny(problems)
    }

    private func find(_ subject: String, _ prefix: Prefix) throws -> Answer? {
        let paths: [FilePath]
        if subject.contains("/") {
            let path = try Host.workingFolder().pushing(FilePath(subject)).lexicallyNormalized()
            paths = [path] + (prefix.relative(path) == nil ? [prefix.absolute(subject)] : [])
        } else {
            paths = [prefix.absolute("bin/\(subject)"), prefix.absolute("sbin/\(subject)")]
        }
        for path in paths {
            guard let keg = try prefix.owner(of: path) else { continue }
            return Answer(subject: subject, package: keg.name, version: keg.pkgVersion, path: path.string)
        }
        return nil
    }

    private struct Document: Encodable {
        var schema = 1
        var answers: [Answer]
    }

    private struct Answer: Encodable {
        var subject: String
        var package: String
        var version: String
        var path: String
    }
}

private enum WhichError: Problem {
    case nobody(String, prefix: String)

    var summary: String {
        switch self {
        case .nobody(let subject, let prefix): "no package in `\(prefix)` has `\(subject)`"
        }
    }
}

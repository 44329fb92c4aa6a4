import ArgumentParser
import VeloCore
import VeloSystem

struct DoctorCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what is wrong with the prefix and the settings.",
        discussion: "Changes nothing. Ends with 1 if something has to be mended.")

    @OptionGroup var place: PrefixOptions
    @OptionGroup var source: MirrorOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(source.flags) { $1 } }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let examination = Examination(of: session.prefix, searchPath: session.environment[.path] ?? "")
        var findings = try examination.findings()
        findings += await mirrorFindings(session)
        if format.json {
            let document = Document(
                prefix: session.prefix.path, findings: findings, fetching: Fetching(session.adaptation))
            session.console.data(try JSONText.of(document))
        } else {
            let style = session.console.outputStyle
            for finding in findings {
                let mark = finding.severity == .error ? style("error:", .error) : style("warning:", .warning)
                session.console.data("\(mark) \(finding.message)")
                if let hint = finding.hint { session.console.data("\(style("hint:", .hint)) \(hint)") }
            }
            let adaptation = session.adaptation
            session.console.talk("fetching: \(adaptation.summary)")
            for reason in adaptation.reasons { session.console.talk("fetching: \(reason)") }
            if findings.isEmpty { session.console.talk("nothing is wrong with \(session.prefix.path)") }
        }
        if findings.contains(where: { $0.severity == .error }) { throw EarlyExit(.failed) }
    }

    private func mirrorFindings(_ session: Session) async -> [Finding] {
        let mirrors = session.settings.mirrors
        guard !session.settings.isOffline else { return [] }
        guard !mirrors.isEmpty else { return [Finding(.warning, .mirror, MirrorError.noMirrors)] }
        let client = session.makeClient()
        var findings: [Finding] = []
        for mirror in client.mirrors {
            do {
                try await client.check(mirror)
            } catch {
                findings.append(
                    Finding(
                        .error, .mirror, "the mirror `\(mirror)` does not answer: \(ProblemReport(error).oneLine)",
                        hint: "check the address, and that velod runs there"))
            }
        }
        return findings
    }

    private struct Document: Encodable {
        var schema = 1
        var prefix: String
        var findings: [Finding]
        var fetching: Fetching
    }

    /// How this machine downloads, and why.
    private struct Fetching: Encodable {
        var streams: Int
        var connections: Int
        var connectionsPerHost: Int
        var reasons: [String]

        init(_ adaptation: FetchAdaptation) {
            streams = adaptation.streams.most
            connections = adaptation.connections
            connectionsPerHost = adaptation.connectionsPerHost
            reasons = adaptation.reasons
        }
    }
}

import ArgumentParser
import VeloCore
import VeloSystem

struct ListCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what is installed.", aliases: ["ls"])

    @Flag(name: .customLong("on-request"), help: "Only what was asked for by name.")
    var isOnRequestOnly = false

    @OptionGroup var place: PrefixOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let inventory = try Inventory(of: session.prefix)
        let packages = inventory.sorted.filter { !isOnRequestOnly || $0.isOnRequest }
        if format.json {
            let document = Document(prefix: session.prefix.path, packages: packages.map(InstalledPackage.init))
            return session.console.data(try JSONText.of(document))
        }
        guard session.console.verbosity != .quiet else { return packages.forEach { session.console.data($0.name) } }
        if packages.isEmpty { session.console.talk("nothing is installed in \(session.prefix.path)") }
        var table = Table()
        for package in packages {
            let remarks = [package.isOnRequest ? "" : "dependency", package.isLinked ? "" : "not linked"]
            table.add(
                package.name, package.kegs.map(\.pkgVersion).joined(separator: ", "),
                remarks.filter { !$0.isEmpty }.joined(separator: ", "))
        }
        table.lines(width: nil).forEach { session.console.data($0) }
    }

    private struct Document: Encodable {
        var schema = 1
        var prefix: String
        var packages: [InstalledPackage]
    }
}

/// An installed package as JSON has it.
struct InstalledPackage: Encodable {
    var name: String
    /// The one in use.
    var version: String
    var versions: [String]
    var isLinked: Bool
    var installedOnRequest: Bool
    /// Seconds since 1970.
    var time: Int?
    var tap: String?
    var runtimeDependencies: [String]

    init(_ package: Inventory.Package) {
        name = package.name
        version = package.current.pkgVersion
        versions = package.kegs.map(\.pkgVersion)
        isLinked = package.isLinked
        installedOnRequest = package.isOnRequest
        time = package.receipt?.time
        tap = package.receipt?.source?.tap
        runtimeDependencies = package.receipt?.runtimeDependencies?.map(\.fullName) ?? []
    }
}

/// A document for programs: members sorted, a `schema` number among them.
enum JSONText {
    static func of(_ document: some Encodable) throws -> String {
        String(decoding: try WireCoding.encode(document, pretty: true), as: UTF8.self)
    }
}

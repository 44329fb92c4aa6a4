import VeloCore

/// The formulae of all taps, by name.
struct FormulaIndex: Sendable {
    /// By `user/tap/name`.
    private var byFullName: [String: FormulaRecord] = [:]
    /// Full names, by bare name or alias.
    private var byName: [String: [String]] = [:]

    init(_ records: [FormulaRecord]) {
        for record in records {
            let fullName = Self.fullName(record)
            byFullName[fullName] = record
            byName[record.catalog.name, default: []].append(fullName)
        }
        // A name that a formula has is never another one's alias.
        for record in records {
            for alias in record.catalog.aliases
            where !(byName[alias] ?? []).contains(where: { $0.hasSuffix("/\(alias)") }) {
                byName[alias, default: []].append(Self.fullName(record))
            }
        }
    }

    static func fullName(_ record: FormulaRecord) -> String { "\(record.catalog.tap)/\(record.catalog.name)" }

    /// Names that more than one tap has are ambiguous without their tap, unless `home` is one of those taps.
    func find(_ name: String, home: String? = nil) throws(PlanError) -> FormulaRecord? {
        if let record = byFullName[name] { return record }
        let candidates = byName[name] ?? []
        let local = candidates.filter { fullName in home.map { fullName.hasPrefix($0 + "/") } ?? false }
        let chosen = local.isEmpty ? candidates : local
        guard chosen.count <= 1 else { throw .ambiguous(name, chosen) }
        return chosen.first.flatMap { byFullName[$0] }
    }

    /// Names that look like it, best first, at most three.
    func nearest(_ name: String) -> [String] {
        let bare = name.split(separator: "/").last.map(String.init) ?? name
        return NearestNames.to(bare, among: byName.keys)
    }
}

extension MSMDriver {
  /// Which year's driver it is: the one value that its behaviour depends on.
  ///
  /// The code asks for it at each place where the versions are known to differ, so that another
  /// year is a new case and an answer at each of these places.
  package enum Era: String, Hashable, Sendable, CaseIterable {
    /// Tags by ASID, tries a translation at probing, keeps the ASID when a bank is reset.
    case linux3_6 = "3.6"
  }
}

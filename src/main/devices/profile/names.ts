/** Names of values that mean the same in every document; `#` stands for a phase, 1 to 3. */
const CANONICAL =
  "state plugged charging_active power power_l# power_import power_import_l# power_export power_export_l# " +
  "current_l# current_n voltage_l# frequency power_factor power_factor_l# apparent_power apparent_power_l# " +
  "reactive_power reactive_power_l# energy_import energy_import_l# energy_export energy_export_l# energy_total " +
  "energy_session energy_since_power_on session_duration current_limit current_signalled hw_current_max " +
  "hw_current_min hw_power_max hw_power_min cable_limit cable_state phases_active phases_state phases_hw rfid soc " +
  "evcc_id error_code temperature serial firmware model map_version enabled failsafe_current setpoint_valid_for " +
  "ocpp_status connectors";

/** Names of single makers, kept because conditions, states or technicians need them. */
const OF_MAKERS =
  "access auth_required auth_state auto_phase auto_phase_switch availability backoffice_connected boot_current " +
  "card_reader_enabled connect_duration connector_state controllers cp_state current current_actual current_granted " +
  "current_limit_fine current_limit_raw current_limit_total current_offered current_sum device_info duty_percent " +
  "energy_import_float energy_import_partial energy_last_session errors ev_present evse_state ext_lock features " +
  "grid_voltage hw_version id independent_relays layout_version limit_source meter_flags meter_present meter_type mode " +
  "model_code paused phase_angle phase_config phase_module phase_options_hw phase_source phase_wake plugged_duration " +
  "product product_id rcd relay relays rfid_slot setpoint_accounted socket_lock sockets state_cp station_current_max " +
  "station_name station_state stop_cause stop_reason three_phase_enabled timestamp user_current_limit vendor warning";

const KNOWN: ReadonlySet<string> = new Set(
  `${CANONICAL} ${OF_MAKERS}`
    .split(" ")
    .flatMap((name) => (name.includes("#") ? ["1", "2", "3"].map((phase) => name.replace("#", phase)) : [name])),
);

/** Whether a document may give a value this name; words of single bits may be named freely. */
export const isKnownName = (what: string): boolean => KNOWN.has(what) || /^[a-z]+_bits$/u.test(what);

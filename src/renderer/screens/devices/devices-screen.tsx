import { useUrlState } from "../../lib/url/url-state.ts";
import { AddDevice, ChangeDevice } from "./device-form.tsx";
import { DeviceList } from "./device-list.tsx";
import { DevicePage } from "./device-page.tsx";
import { parseDevicesSearch } from "./devices-search.ts";
import { FindDevices } from "./find-devices.tsx";
import { OcppBoxPage } from "./ocpp-box.tsx";

/** Every device the site speaks with, one of them closely, or the search for new ones. */
export function DevicesScreen() {
  const [{ kind, device, find, add, change, box }, setSearch] = useUrlState(parseDevicesSearch);
  if (find) return <FindDevices />;
  if (add) return <AddDevice />;
  if (device !== null && kind !== "link" && change)
    return <ChangeDevice key={`${kind}/${device}`} kind={kind} id={device} />;
  if (device !== null && kind === "station" && box !== null)
    return (
      <OcppBoxPage
        key={device}
        stationId={device}
        part={box}
        onPart={(part) => {
          setSearch({ box: part });
        }}
      />
    );
  return device === null ? <DeviceList /> : <DevicePage key={`${kind}/${device}`} kind={kind} id={device} />;
}

import { useTranslation } from "react-i18next";
import { Trouble } from "../../components/trouble.tsx";
import { troubleCode } from "../../lib/client/index.ts";
import { troubleData } from "../../lib/data/trouble.ts";
import { adoptProblems } from "./adopt-found-view.ts";
import { conflictWhy } from "./device-form-view.ts";

/** Why a change of a device was not made, in words. */
export function ChangeRefused({ error }: { readonly error: Error }) {
  const { t } = useTranslation("devices");
  const data = troubleData(error);
  const why = troubleCode(error) === "CONFLICT" ? conflictWhy(data) : null;
  if (why !== null) return <p role="alert">{t(`form.why.${why}`)}</p>;
  const problems = adoptProblems(data);
  if (problems.length === 0) return <Trouble error={error} />;
  return (
    <div role="alert">
      <p>{t("adopt.misfit")}</p>
      <ul>
        {problems.map(({ field, expected }) => (
          <li key={`${field} ${expected}`}>
            <b>{field}</b>: {expected}
          </li>
        ))}
      </ul>
    </div>
  );
}

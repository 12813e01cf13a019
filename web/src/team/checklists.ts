// What an inspection looks at, by category of the lead (reference: runbooks of the rules, T5). Each is answered yes or no.
const COMMON = ["出示执法证件，两人以上到场", "核对企业名称、许可证与排口编号", "查看治污设施是否运行，记录关键参数"];

const BY_CATEGORY: Record<string, readonly string[]> = {
  exceedance: ["调取该时段分钟值与工况", "核对基准氧、折算与量程设置", "比对便携仪与在线值", "查看台账与校准记录"],
  dropout: ["查看数采仪通电、联网与指示灯", "查看断电断网记录", "调取本地存储数据", "核对企业标记与运维记录"],
  fraud: ["封存工控机与数采仪", "核对采样管路是否有稀释、堵塞", "核对参数与备案是否一致", "拷贝历史曲线与操作日志"],
  bypass: ["查看旁路阀门与铅封号", "查看旁路温度与流量", "查看最近启用记录与报备"],
  "treatment-off": ["核对产污与治污设备电量", "查看药剂用量与库存", "查看 DCS 曲线"],
  emergency: ["核对应急减排措施是否落实", "核对停限产工序与电量", "查看车辆进出台账"],
  fire: ["确认火点位置与范围", "是否已扑灭", "落实责任地块与责任人"],
  dust: ["裸土覆盖", "湿法作业与喷淋", "车辆冲洗", "围挡与道路保洁"],
};

export function checklist(category: string): string[] {
  return [...COMMON, ...(BY_CATEGORY[category] ?? ["记录现场情况"])];
}

/** The answers in words, for the conclusion. */
export function checkWords(checks: Record<string, string>): string {
  const rows = Object.entries(checks).filter(([, answer]) => answer);
  return rows.length ? `检查表：${rows.map(([name, answer]) => `${name}（${answer === "yes" ? "是" : "否"}）`).join("；")}` : "";
}
